/*
 * read_xml.c - Valgrind's XML, by expat.
 *
 * An event is built while its element is open and handed on when it ends, so
 * a log that was cut short gives what is whole. Inside of an event there are
 * sentences (<what>, <auxwhat>, <text> of an <xwhat> or <xauxwhat>) and stacks
 * in turn; a stack belongs to the sentence before it.
 *
 * The text is made valid UTF-8 first: one odd byte in the name of a folder
 * would otherwise stop expat in the preamble. There is no document type in
 * such a log, so one that has it is not read further: entities are how small
 * files become big ones.
 */
#include "read_xml.h"

#include <expat.h>
#include <stdlib.h>
#include <string.h>
#include <talloc.h>

#include "read_parts.h"

/* Ceilings of one event; what is beyond them is passed over. */
enum { TEXT_MAX = 4096, ITEM_MAX = 64, FRAME_MAX = 256 };

struct reader {
    XML_Parser parser;
    void (*take)(void *state, const struct xml_event *event);
    void *state;
    unsigned depth;          /* of elements */
    unsigned event_depth;    /* where the open event's element is */
    struct xml_event *event; /* NULL: none is open */
    struct xml_frame *frame; /* NULL: none is open */
    bool in_stack;
    bool finished;           /* the root element ended */
    char text[TEXT_MAX + 1]; /* of the innermost element */
    size_t used;
};

static bool is_event(const char *tag)
{
    return strcmp(tag, "error") == 0 || strcmp(tag, "announcethread") == 0 ||
           strcmp(tag, "fatal_signal") == 0;
}

static struct xml_item *add_item(struct xml_event *event)
{
    if (event->count < ITEM_MAX) {
        event->items = talloc_realloc(event, event->items, struct xml_item,
                                      (unsigned)event->count + 1);
        memset(&event->items[event->count++], 0, sizeof(struct xml_item));
    }
    return &event->items[event->count - 1];
}

/* The item that a new stack belongs to. */
static struct xml_item *stack_item(struct xml_event *event)
{
    if (event->count == 0 || event->items[event->count - 1].frames != NULL)
        return add_item(event);
    return &event->items[event->count - 1];
}

static struct xml_frame *add_frame(struct xml_event *event)
{
    struct xml_item *item = &event->items[event->count - 1];

    if (item->depth == FRAME_MAX)
        return NULL;
    item->frames = talloc_realloc(event, item->frames, struct xml_frame,
                                  (unsigned)item->depth + 1);
    memset(&item->frames[item->depth], 0, sizeof(struct xml_frame));
    return &item->frames[item->depth++];
}

static void XMLCALL on_start(void *state, const char *tag, const char **words)
{
    struct reader *reader = state;

    (void)words;
    reader->depth++;
    reader->used = 0;
    if (reader->event == NULL) {
        /* Events stand right below the root. */
        if (reader->depth != 2 || !is_event(tag))
            return;
        reader->event = talloc_zero(NULL, struct xml_event);
        reader->event->tag = talloc_strdup(reader->event, tag);
        reader->event->kind = "";
        reader->event_depth = reader->depth;
    } else if (strcmp(tag, "stack") == 0) {
        reader->in_stack = true;
        stack_item(reader->event);
    } else if (strcmp(tag, "frame") == 0 && reader->in_stack) {
        reader->frame = add_frame(reader->event);
    } else if (strcmp(tag, "isrootthread") == 0) {
        reader->event->root = true;
    }
}

static void XMLCALL on_text(void *state, const char *text, int size)
{
    struct reader *reader = state;
    size_t room = TEXT_MAX - reader->used;
    size_t more = (size_t)size < room ? (size_t)size : room;

    memcpy(reader->text + reader->used, text, more);
    reader->used += more;
}

static void frame_field(struct reader *reader, const char *tag,
                        const char *text)
{
    struct xml_frame *frame = reader->frame;
    const char **field = strcmp(tag, "fn") == 0     ? &frame->function
                         : strcmp(tag, "dir") == 0  ? &frame->folder
                         : strcmp(tag, "file") == 0 ? &frame->file
                         : strcmp(tag, "obj") == 0  ? &frame->object
                                                    : NULL;

    if (field != NULL)
        *field = talloc_strdup(reader->event, text);
    else if (strcmp(tag, "line") == 0)
        frame->line = (int)strtol(text, NULL, 10);
}

static void event_field(struct reader *reader, const char *tag,
                        const char *text)
{
    struct xml_event *event = reader->event;
    unsigned long number = strtoul(text, NULL, 10);

    if (strcmp(tag, "what") == 0 || strcmp(tag, "auxwhat") == 0 ||
        strcmp(tag, "text") == 0) {
        add_item(event)->text = talloc_strdup(event, text);
    } else if (strcmp(tag, "kind") == 0 || strcmp(tag, "signame") == 0) {
        event->kind = talloc_strdup(event, text);
    } else if (strcmp(tag, "tid") == 0) {
        event->thread = number;
    } else if (strcmp(tag, "hthreadid") == 0) {
        if (reader->depth == reader->event_depth + 1)
            event->thread = number;
        else if (event->count > 0 && event->items[event->count - 1].thread == 0)
            event->items[event->count - 1].thread = number;
    } else if (strcmp(tag, "leakedbytes") == 0) {
        event->bytes = number;
    } else if (strcmp(tag, "leakedblocks") == 0) {
        event->blocks = number;
    }
}

static void XMLCALL on_end(void *state, const char *tag)
{
    struct reader *reader = state;
    char *text;

    if (reader->event != NULL) {
        /* A text that was cut may end inside of a character. */
        text = clean_text(reader->event, reader->text, reader->used, TEXT_MAX);
        if (reader->frame != NULL && strcmp(tag, "frame") != 0)
            frame_field(reader, tag, text);
        else if (!reader->in_stack)
            event_field(reader, tag, text);
        talloc_free(text);
        if (strcmp(tag, "frame") == 0)
            reader->frame = NULL;
        if (strcmp(tag, "stack") == 0)
            reader->in_stack = false;
        if (reader->depth == reader->event_depth) {
            reader->take(reader->state, reader->event);
            talloc_free(reader->event);
            reader->event = NULL;
            reader->frame = NULL;
            reader->in_stack = false;
        }
    }
    reader->used = 0;
    reader->depth--;
    if (reader->depth == 0)
        reader->finished = true;
}

static void XMLCALL on_doctype(void *state, const char *name,
                               const char *system, const char *public,
                               int inside)
{
    struct reader *reader = state;

    (void)name;
    (void)system;
    (void)public;
    (void)inside;
    XML_StopParser(reader->parser, XML_FALSE);
}

bool xml_read(const char *xml, size_t size,
              void (*take)(void *state, const struct xml_event *event),
              void *state)
{
    struct reader *reader = talloc_zero(NULL, struct reader);
    char *clean = clean_text(reader, xml, size, size);
    size_t left = strlen(clean);
    const char *at = clean;
    bool finished;

    reader->take = take;
    reader->state = state;
    reader->parser = XML_ParserCreate("UTF-8");
    XML_SetUserData(reader->parser, reader);
    XML_SetElementHandler(reader->parser, on_start, on_end);
    XML_SetCharacterDataHandler(reader->parser, on_text);
    XML_SetStartDoctypeDeclHandler(reader->parser, on_doctype);
    while (left > 0) {
        int part = left > 1 << 20 ? 1 << 20 : (int)left;

        if (XML_Parse(reader->parser, at, part, 0) != XML_STATUS_OK)
            break;
        at += part;
        left -= (size_t)part;
    }
    XML_ParserFree(reader->parser);
    talloc_free(reader->event);
    finished = reader->finished;
    talloc_free(reader);
    return finished;
}
