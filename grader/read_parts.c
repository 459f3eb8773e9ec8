/*
 * read_parts.c - what the readers have in common.
 */
#define _GNU_SOURCE
#include "read_parts.h"

#include <stdint.h>
#include <string.h>
#include <talloc.h>

bool read_line(struct cursor *cursor, struct line *line)
{
    const char *newline;

    if (cursor->at >= cursor->end)
        return false;
    newline = memchr(cursor->at, '\n', (size_t)(cursor->end - cursor->at));
    line->text = cursor->at;
    line->whole = newline != NULL;
    line->size = (size_t)((newline ? newline : cursor->end) - cursor->at);
    cursor->at = newline ? newline + 1 : cursor->end;
    return true;
}

const char *line_find(const struct line *line, const char *word)
{
    return memmem(line->text, line->size, word, strlen(word));
}

/* Length of the UTF-8 character at `p`, 0 when there is none. */
static size_t utf8_length(const unsigned char *p, size_t left)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t length = p[0] < 0x80   ? 1
                    : p[0] < 0xc2 ? 0
                    : p[0] < 0xe0 ? 2
                    : p[0] < 0xf0 ? 3
                    : p[0] < 0xf5 ? 4
                                  : 0;
    uint32_t code;

    if (length < 2 || length > left)
        return length > left ? 0 : length;
    code = p[0] & (0xffu >> (length + 1));
    for (size_t i = 1; i < length; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return 0;
        code = code << 6 | (p[i] & 0x3f);
    }
    if (code < least[length] || code > 0x10ffff ||
        (code >= 0xd800 && code < 0xe000) || (code & 0xfffe) == 0xfffe)
        return 0;
    return length;
}

static bool is_control(unsigned char c)
{
    return (c < ' ' && c != '\n' && c != '\t') || c == 0x7f;
}

char *clean_text(void *ctx, const char *data, size_t size, size_t max)
{
    const unsigned char *in = (const unsigned char *)data;
    size_t used = 0;
    char *out;

    if (size > max)
        size = max;
    out = talloc_array(ctx, char, size * 3 + 1);
    for (size_t i = 0; i < size;) {
        size_t length = utf8_length(in + i, size - i);

        if (length == 0 || (length == 1 && is_control(in[i]))) {
            memcpy(out + used, "\xef\xbf\xbd", 3);
            used += 3;
            i++;
        } else {
            memcpy(out + used, in + i, length);
            used += length;
            i += length;
        }
    }
    out[used] = '\0';
    return talloc_realloc(ctx, out, char, used + 1);
}

const char *path_base(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

const char *variable_plain(void *ctx, const char *symbol)
{
    size_t size = strlen(symbol), end = size;
    const char *dot;
    char *plain;

    while (end > 1 && symbol[end - 1] >= '0' && symbol[end - 1] <= '9')
        end--;
    if (end < size && end > 1 && symbol[end - 1] == '.')
        size = end - 1;
    plain = clean_text(ctx, symbol, size, READ_TEXT_MAX);
    dot = strrchr(plain, '.');
    return dot && dot[1] ? dot + 1 : plain;
}

/* true when one of the folders of the path has that name */
static bool has_folder(const char *path, const char *folder)
{
    size_t size = strlen(folder);

    for (const char *p = path; (p = strstr(p, folder)) != NULL; p++)
        if ((p == path || p[-1] == '/') && (p[size] == '/' || !p[size]))
            return true;
    return false;
}

bool harness_path(const char *path)
{
    return has_folder(path, "harness");
}

bool kit_path(const char *path)
{
    const char *base = path_base(path);

    return harness_path(path) || has_folder(path, "exercises") ||
           strcmp(base, "tests.c") == 0 || strcmp(base, "workload.c") == 0;
}

bool kit_function(const char *function)
{
    return strncmp(function, "il_", 3) == 0 ||
           strncmp(function, "test_body_", 10) == 0 ||
           strncmp(function, "harness_", 8) == 0;
}

struct report *reports_add(void *ctx, struct reports *reports, enum lens lens)
{
    struct report *report;

    reports->items = talloc_realloc(ctx, reports->items, struct report,
                                    (unsigned)reports->count + 1);
    report = &reports->items[reports->count++];
    memset(report, 0, sizeof *report);
    report->lens = lens;
    report->kind = BUG_OTHER;
    report->title = "";
    return report;
}

struct side *sides_add(void *ctx, struct report *report)
{
    struct side *side;

    report->sides = talloc_realloc(ctx, report->sides, struct side,
                                   (unsigned)report->count + 1);
    side = &report->sides[report->count++];
    memset(side, 0, sizeof *side);
    side->what = "";
    return side;
}

void side_stack(struct side *side, const struct stack *stack)
{
    side->stack = stack->places;
    side->depth = stack->depth;
}

static const char *keep(void *ctx, const char *text)
{
    return text ? clean_text(ctx, text, strlen(text), READ_TEXT_MAX) : NULL;
}

static bool is_wrapper(const struct place *place)
{
    return place->kit && place->function &&
           strncmp(place->function, "il_", 3) == 0;
}

void stack_add(void *ctx, struct stack *stack, const struct place *place,
               bool ours)
{
    struct place *kept;

    if (ours && !is_wrapper(place))
        stack->settled = true;
    else if (!stack->settled && place->function)
        stack->call = call_plain(ctx, place->function);
    if (!ours || stack->depth == READ_DEPTH_MAX)
        return;
    stack->places = talloc_realloc(ctx, stack->places, struct place,
                                   (unsigned)stack->depth + 1);
    kept = &stack->places[stack->depth++];
    *kept = *place;
    kept->file = keep(ctx, place->file);
    kept->function = keep(ctx, place->function);
}

const char *stack_call(const struct stack *stack)
{
    return stack->settled ? stack->call : NULL;
}

const char *thread_label(void *ctx, unsigned long number, unsigned long main)
{
    if (number == main)
        return "main thread";
    return talloc_asprintf(ctx, "T%lu", number);
}

const char *test_of_function(void *ctx, const char *function)
{
    static const char prefix[] = "test_body_";
    const char *name, *gap;

    if (function == NULL || strncmp(function, prefix, sizeof prefix - 1) != 0)
        return NULL;
    name = function + sizeof prefix - 1;
    gap = strstr(name, "__");
    if (gap == NULL || gap == name || gap[2] == '\0')
        return NULL;
    return talloc_asprintf(ctx, "%.*s/%s", (int)(gap - name), name, gap + 2);
}

const char *test_of_stack(void *ctx, const struct stack *stack)
{
    for (size_t i = 0; i < stack->depth; i++) {
        const char *test = test_of_function(ctx, stack->places[i].function);

        if (test != NULL)
            return test;
    }
    return NULL;
}

const char *stack_where(void *ctx, const struct stack *stack)
{
    const struct place *best = NULL;

    for (size_t i = 0; i < stack->depth && !(best && best->student); i++) {
        const struct place *place = &stack->places[i];

        if (place->student ||
            (best == NULL && place->kit && !is_wrapper(place)))
            best = place;
    }
    if (best == NULL)
        return NULL;
    return talloc_asprintf(ctx, "%s:%d", path_base(best->file), best->line);
}

const char *call_plain(void *ctx, const char *function)
{
    static const char *const before[] = {"___interceptor_", "__interceptor_",
                                         "il_", "__GI_"};

    for (size_t i = 0; i < sizeof before / sizeof before[0]; i++)
        if (strncmp(function, before[i], strlen(before[i])) == 0) {
            function += strlen(before[i]);
            break;
        }
    return clean_text(ctx, function, strcspn(function, "@"), READ_TEXT_MAX);
}

/* The calls that say more than the bytes that they touch. */
static const struct words {
    const char *call, *what;
    enum bug kind; /* BUG_RACE: no other than it was */
} words[] = {
    {"free", "frees the block", BUG_RACE},
    {"realloc", "moves the block with realloc", BUG_RACE},
    {"close", "closes the descriptor", BUG_RACE},
    {"pthread_mutex_init", "initialises the lock", BUG_RACE},
    {"pthread_mutex_lock", "takes the lock", BUG_RACE},
    {"pthread_mutex_trylock", "tries to take the lock", BUG_RACE},
    {"pthread_mutex_timedlock", "takes the lock", BUG_RACE},
    {"pthread_mutex_clocklock", "takes the lock", BUG_RACE},
    {"pthread_mutex_unlock", "releases the lock", BUG_RACE},
    {"pthread_mutex_destroy", "destroys the lock", BUG_LOCK_MISUSE},
    {"pthread_rwlock_rdlock", "takes the lock to read", BUG_RACE},
    {"pthread_rwlock_wrlock", "takes the lock to write", BUG_RACE},
    {"pthread_rwlock_unlock", "releases the lock", BUG_RACE},
    {"pthread_rwlock_destroy", "destroys the lock", BUG_LOCK_MISUSE},
    {"pthread_spin_lock", "takes the lock", BUG_RACE},
    {"pthread_spin_unlock", "releases the lock", BUG_RACE},
    {"pthread_spin_destroy", "destroys the lock", BUG_LOCK_MISUSE},
    {"pthread_barrier_wait", "waits at the barrier", BUG_RACE},
    {"pthread_barrier_destroy", "destroys the barrier", BUG_LOCK_MISUSE},
    {"sem_wait", "waits for the semaphore", BUG_RACE},
    {"sem_post", "posts the semaphore", BUG_RACE},
    {"sem_destroy", "destroys the semaphore", BUG_LOCK_MISUSE},
    {"pthread_cond_init", "initialises the condition variable", BUG_RACE},
    {"pthread_cond_wait", "waits for the condition", BUG_RACE},
    {"pthread_cond_timedwait", "waits for the condition", BUG_RACE},
    {"pthread_cond_clockwait", "waits for the condition", BUG_RACE},
    {"pthread_cond_signal", "signals the condition", BUG_RACE},
    {"pthread_cond_broadcast", "signals the condition to all", BUG_RACE},
    {"pthread_cond_destroy", "destroys the condition variable",
     BUG_COND_MISUSE},
};

static const struct words *words_of(const char *call)
{
    for (size_t i = 0; call && i < sizeof words / sizeof words[0]; i++)
        if (strcmp(words[i].call, call) == 0)
            return &words[i];
    return NULL;
}

const char *access_words(void *ctx, bool write, bool atomic, unsigned long size,
                         const char *call)
{
    const struct words *known = words_of(call);
    const char *unit = size == 1 ? "byte" : "bytes";

    if (known != NULL)
        return known->what;
    return talloc_asprintf(ctx, "%s %lu %s%s%s%s", write ? "writes" : "reads",
                           size, unit, atomic ? " as an atomic" : "",
                           call ? " in " : "", call ? call : "");
}

enum bug race_kind(const char *call, enum bug otherwise)
{
    const struct words *known = words_of(call);

    return known && known->kind != BUG_RACE ? known->kind : otherwise;
}
