/*
 * test_handouts.c - the pages of handouts/ keep what they promise: their C
 * compiles, their links lead somewhere, and each exercise has its page with
 * sections for every check.
 *
 * The words after a fence say what is done with a block of code:
 *
 *     c               compiled on its own
 *     c file NAME     kept under NAME, for the other files of the same page
 *                     to include; compiled if NAME ends in .c
 *     c fragment      not compiled
 *
 * What includes interleave.h is compiled twice: as a test and as the oracle.
 * A #line directive makes gcc speak of lines of the page.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* nftw() */
#endif
#include <criterion/criterion.h>

#include <cmark.h>
#include <ctype.h>
#include <fcntl.h>
#include <ftw.h>
#include <glob.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

#define TEXT 1024 /* enough for a path, a heading, a name */

struct page {
    const char *path; /* from the root: "handouts/start.md" */
    cmark_node *document;
};

/* ---- files --------------------------------------------------------------- */

/* Goes up to the kit's root. Each test runs in a process of its own. */
static void go_to_root(void)
{
    while (access("handouts", F_OK) != 0 || access("harness", F_OK) != 0) {
        char here[TEXT];

        cr_assert(getcwd(here, sizeof here) != NULL && strcmp(here, "/") != 0,
                  "run this test from inside the kit");
        cr_assert(chdir("..") == 0);
    }
}

/* The whole file, with a NUL at its end; NULL if there is none. */
static char *read_whole(const char *path)
{
    FILE *file = fopen(path, "r");
    char *text = NULL;
    size_t size = 0;

    if (file == NULL)
        return NULL;
    if (getdelim(&text, &size, '\0', file) < 0) {
        free(text);
        text = strdup("");
    }
    fclose(file);
    return text;
}

static cmark_node *parse(const char *path)
{
    char *text = read_whole(path);
    cmark_node *document = NULL;

    if (text != NULL)
        document = cmark_parse_document(text, strlen(text), CMARK_OPT_DEFAULT);
    free(text);
    return document;
}

static void for_each_page(void (*look)(const struct page *page))
{
    glob_t found;

    go_to_root();
    cr_assert(glob("handouts/*.md", 0, NULL, &found) == 0,
              "there are no handouts");
    for (size_t i = 0; i < found.gl_pathc; i++) {
        struct page page = {found.gl_pathv[i], parse(found.gl_pathv[i])};

        look(&page);
        cmark_node_free(page.document);
    }
    globfree(&found);
}

static int remove_entry(const char *path, const struct stat *status, int type,
                        struct FTW *ftw)
{
    (void)status;
    (void)type;
    (void)ftw;
    return remove(path);
}

/* ---- code ---------------------------------------------------------------- */

/* Runs gcc; its messages go to the file "messages" in the folder. */
static bool run_gcc(const char *folder, const char *source, bool interleave,
                    bool oracle)
{
    char input[2 * TEXT], output[TEXT], messages[TEXT];
    const char *include = interleave ? "-Iharness" : "-pthread";
    const char *argv[] = {"gcc",     "-std=gnu11",
                          "-Wall",   "-Wextra",
                          "-Werror", "-pthread",
                          "-I",      folder,
                          include,   "-c",
                          input,     "-o",
                          output,    oracle ? "-DINTERLEAVE_ORACLE" : NULL,
                          NULL};
    posix_spawn_file_actions_t actions;
    int status = -1;
    pid_t child;

    snprintf(input, sizeof input, "%s/%s", folder, source);
    snprintf(output, sizeof output, "%s/object", folder);
    snprintf(messages, sizeof messages, "%s/messages", folder);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, messages,
                                     O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (posix_spawnp(&child, "gcc", &actions, NULL, (char **)argv, environ) ==
        0)
        waitpid(child, &status, 0);
    posix_spawn_file_actions_destroy(&actions);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void compile(const struct page *page, cmark_node *block,
                    const char *folder, const char *source)
{
    const char *code = cmark_node_get_literal(block);
    bool interleave = strstr(code, "\"interleave.h\"") != NULL;

    for (int oracle = 0; oracle <= interleave; oracle++) {
        char messages[TEXT], *text;

        if (run_gcc(folder, source, interleave, oracle))
            continue;
        snprintf(messages, sizeof messages, "%s/messages", folder);
        text = read_whole(messages);
        cr_expect(false, "%s:%d: this block does not compile:\n%s", page->path,
                  cmark_node_get_start_line(block),
                  text != NULL ? text : "(gcc could not be run)");
        free(text);
    }
}

/* Under which name a block is kept. False if it is not to be compiled. */
static bool block_name(const struct page *page, cmark_node *block,
                       char name[TEXT], bool *file)
{
    const char *info = cmark_node_get_fence_info(block);
    int line = cmark_node_get_start_line(block);

    *file = sscanf(info, "c file %255[a-zA-Z0-9_.-]", name) == 1;
    if (*file)
        return true;
    if (strcmp(info, "c") == 0) {
        snprintf(name, TEXT, "line_%d.c", line);
        return true;
    }
    cr_expect(strncmp(info, "c ", 2) != 0 || strcmp(info, "c fragment") == 0,
              "%s:%d: `%s`: it is `c`, `c file NAME` or `c fragment`",
              page->path, line, info);
    return false;
}

/* One walk over the blocks of a page: writes them all, or compiles them. */
static void walk_blocks(const struct page *page, const char *folder, bool write)
{
    cmark_iter *walk = cmark_iter_new(page->document);
    cmark_event_type event;

    while ((event = cmark_iter_next(walk)) != CMARK_EVENT_DONE) {
        cmark_node *block = cmark_iter_get_node(walk);
        char name[TEXT], path[2 * TEXT];
        bool file;

        if (event != CMARK_EVENT_ENTER ||
            cmark_node_get_type(block) != CMARK_NODE_CODE_BLOCK ||
            !block_name(page, block, name, &file))
            continue;
        snprintf(path, sizeof path, "%s/%s", folder, name);
        if (write) {
            FILE *out = fopen(path, "w");
            cr_assert(out != NULL, "cannot write %s", path);
            fprintf(out, "#line %d \"%s\"\n%s",
                    cmark_node_get_start_line(block) + 1, page->path,
                    cmark_node_get_literal(block));
            fclose(out);
        } else if (!file || strcmp(name + strlen(name) - 2, ".c") == 0) {
            compile(page, block, folder, name);
        }
    }
    cmark_iter_free(walk);
}

static void look_at_code(const struct page *page)
{
    char folder[] = "/tmp/handouts-XXXXXX";

    cr_assert(mkdtemp(folder) != NULL);
    walk_blocks(page, folder, true);
    walk_blocks(page, folder, false);
    nftw(folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

Test(handouts, code_compiles)
{
    for_each_page(look_at_code);
}

/* ---- headings ------------------------------------------------------------ */

/* The text of a heading, without its marks. */
static void heading_text(cmark_node *heading, char text[TEXT])
{
    cmark_iter *walk = cmark_iter_new(heading);

    text[0] = '\0';
    while (cmark_iter_next(walk) != CMARK_EVENT_DONE) {
        const char *part = cmark_node_get_literal(cmark_iter_get_node(walk));

        if (part != NULL)
            strncat(text, part, TEXT - 1 - strlen(text));
    }
    cmark_iter_free(walk);
}

/* What follows # in a link to it: small letters, hyphens for spaces. */
static void make_anchor(char text[TEXT])
{
    char *to = text;

    for (const char *from = text; *from != '\0'; from++) {
        unsigned char c = (unsigned char)*from;

        if (c == ' ')
            *to++ = '-';
        else if (isalnum(c) || c == '-' || c == '_' || c >= 0x80)
            *to++ = (char)tolower(c);
    }
    *to = '\0';
}

static bool has_anchor(cmark_node *document, const char *anchor)
{
    for (cmark_node *node = cmark_node_first_child(document); node != NULL;
         node = cmark_node_next(node)) {
        char text[TEXT];

        if (cmark_node_get_type(node) != CMARK_NODE_HEADING)
            continue;
        heading_text(node, text);
        make_anchor(text);
        if (strcmp(text, anchor) == 0)
            return true;
    }
    return false;
}

/* ---- links --------------------------------------------------------------- */

static int line_of(cmark_node *node)
{
    while (node != NULL && cmark_node_get_start_line(node) == 0)
        node = cmark_node_parent(node);
    return node != NULL ? cmark_node_get_start_line(node) : 0;
}

static void look_at_link(const struct page *page, cmark_node *link)
{
    const char *url = cmark_node_get_url(link);
    const char *anchor = strchr(url, '#');
    cmark_node *target = page->document;
    char path[TEXT];

    if (strstr(url, "://") != NULL || strncmp(url, "mailto:", 7) == 0)
        return;
    snprintf(path, sizeof path, "handouts/%.*s", (int)strcspn(url, "#"), url);
    if (*url != '#') {
        cr_expect(access(path, F_OK) == 0, "%s:%d: there is no %s", page->path,
                  line_of(link), path);
        target = strstr(path, ".md") != NULL ? parse(path) : NULL;
    }
    if (anchor != NULL && target != NULL)
        cr_expect(has_anchor(target, anchor + 1),
                  "%s:%d: %s has no heading for %s", page->path, line_of(link),
                  *url == '#' ? page->path : path, anchor);
    if (target != NULL && target != page->document)
        cmark_node_free(target);
}

static void look_at_links(const struct page *page)
{
    cmark_iter *walk = cmark_iter_new(page->document);
    cmark_event_type event;

    while ((event = cmark_iter_next(walk)) != CMARK_EVENT_DONE) {
        cmark_node *node = cmark_iter_get_node(walk);
        cmark_node_type type = cmark_node_get_type(node);

        if (event == CMARK_EVENT_ENTER &&
            (type == CMARK_NODE_LINK || type == CMARK_NODE_IMAGE))
            look_at_link(page, node);
    }
    cmark_iter_free(walk);
}

Test(handouts, links_lead_somewhere)
{
    for_each_page(look_at_links);
}

/* ---- sections ------------------------------------------------------------ */

/*
 * True when the page has "## section" and in it "### check" with something
 * below; a list, if one is wanted.
 */
static bool has_section(cmark_node *document, const char *section,
                        const char *check, bool list)
{
    bool in_section = false, in_check = false;

    for (cmark_node *node = cmark_node_first_child(document); node != NULL;
         node = cmark_node_next(node)) {
        char text[TEXT];
        int level = cmark_node_get_heading_level(node);

        if (level == 0) { /* no heading */
            if (in_check &&
                (!list || cmark_node_get_type(node) == CMARK_NODE_LIST))
                return true;
            continue;
        }
        heading_text(node, text);
        if (level <= 2)
            in_section = level == 2 && strcmp(text, section) == 0;
        if (level <= 3)
            in_check = in_section && level == 3 && strcmp(text, check) == 0;
    }
    return false;
}

static void look_at_exercise(const char *folder)
{
    char conf[2 * TEXT], path[2 * TEXT], line[TEXT], check[TEXT];
    const char *name = strrchr(folder, '/') + 1;
    cmark_node *document;
    FILE *file;

    snprintf(conf, sizeof conf, "%s/exercise.conf", folder);
    snprintf(path, sizeof path, "handouts/%s.md", name);
    file = fopen(conf, "r");
    cr_expect(file != NULL, "there is no %s", conf);
    document = parse(path);
    cr_expect(document != NULL, "there is no %s", path);
    while (file != NULL && document != NULL &&
           fgets(line, sizeof line, file) != NULL) {
        if (sscanf(line, "[check %255[^] ]", check) != 1)
            continue;
        cr_expect(has_section(document, "Checks", check, false),
                  "%s: no text under \"### %s\" in \"## Checks\"", path, check);
        cr_expect(has_section(document, "Hints", check, true),
                  "%s: no list under \"### %s\" in \"## Hints\"", path, check);
    }
    if (document != NULL)
        cmark_node_free(document);
    if (file != NULL)
        fclose(file);
}

Test(handouts, sections_for_every_check)
{
    glob_t found;

    go_to_root();
    cr_assert(glob("exercises/[0-9][0-9]-*", 0, NULL, &found) == 0,
              "there are no exercises");
    for (size_t i = 0; i < found.gl_pathc; i++)
        look_at_exercise(found.gl_pathv[i]);
    globfree(&found);
}
