/*
 * list.c - `make list`: the exercises in the recommended order and how far
 * one is; with EX, the checks of one, their stable names and points.
 */
#include <stdlib.h>
#include <string.h>
#include <talloc.h>

#include "exercise.h"
#include "say.h"
#include "state.h"
#include "verbs.h"

/* Columns a text takes on the terminal: bytes that go on with a character of
 * several bytes take none. */
static int width(const char *text)
{
    int columns = 0;

    for (; *text; text++)
        columns += ((unsigned char)*text & 0xc0) != 0x80;
    return columns;
}

/* printf's %-*s counts bytes; this counts columns. */
static void print_padded(const char *text, int columns)
{
    printf("%s%*s", text, columns - width(text), "");
}

static int by_order(const void *a, const void *b)
{
    const struct exercise *left = *(struct exercise *const *)a;
    const struct exercise *right = *(struct exercise *const *)b;

    return left->order != right->order ? left->order - right->order
                                       : strcmp(left->id, right->id);
}

static void print_row(const char *root, const struct exercise *exercise,
                      int columns)
{
    struct state *state = state_load(NULL, root, exercise->id);
    bool full = state->checked && state->score == state->max_score;

    printf("  %s  ", exercise->id);
    print_padded(exercise->title, columns);
    printf("  %7d  ", exercise->minutes);
    if (state->checked)
        printf("%s%3d of %d%s", say_ink(stdout, full ? INK_GREEN : INK_YELLOW),
               state->score, state->max_score, say_ink(stdout, INK_PLAIN));
    else
        printf("%3s", "-");
    putchar('\n');
    talloc_free(state);
}

static int list_all(void *ctx, const char *root)
{
    struct exercise_list list;
    const char *why;
    int columns = (int)strlen("exercise");

    if (exercise_load_all(ctx, root, &list, &why) < 0)
        return say_fault("%s", why);
    if (list.count > 0)
        qsort(list.items, list.count, sizeof *list.items, by_order);
    for (size_t i = 0; i < list.count; i++)
        if (width(list.items[i]->title) > columns)
            columns = width(list.items[i]->title);
    printf("  %sno  %-*s  minutes  points%s\n", say_ink(stdout, INK_BOLD),
           columns, "exercise", say_ink(stdout, INK_PLAIN));
    for (size_t i = 0; i < list.count; i++)
        print_row(root, list.items[i], columns);
    printf("\nThis is the recommended order. Read handouts/start.md, then\n"
           "the handout of an exercise; its checks: make list EX=%s\n",
           list.count > 0 ? list.items[0]->id : "01");
    return STATUS_FULL_MARKS;
}

static int list_one(void *ctx, const char *root, const char *word)
{
    const char *why;
    struct exercise *exercise = exercise_find(ctx, root, word, &why);
    struct state *state;
    int columns = 0;

    if (!exercise)
        return say_fault("%s", why);
    state = state_load(ctx, root, exercise->id);
    for (size_t i = 0; i < exercise->check_count; i++)
        if (width(exercise->checks[i].name) > columns)
            columns = width(exercise->checks[i].name);
    printf("%s%s %s%s, about %d minutes\n", say_ink(stdout, INK_BOLD),
           exercise->id, exercise->title, say_ink(stdout, INK_PLAIN),
           exercise->minutes);
    printf("%s\n\n  points  check\n", exercise->ideas);
    for (size_t i = 0; i < exercise->check_count; i++) {
        const struct check *check = &exercise->checks[i];
        printf("  %6d  ", check->points);
        print_padded(check->name, columns);
        printf("  %s\n", check->title);
    }
    printf("\nYour file: exercises/%s/%s\n", exercise->folder,
           exercise->source);
    printf("To read:   handouts/%s.md\n", exercise->folder);
    if (state->checked)
        printf("So far:    %d of %d\n", state->score, state->max_score);
    return STATUS_FULL_MARKS;
}

int verb_list(const struct options *options)
{
    void *ctx = talloc_new(NULL);
    int status = options->exercise
                     ? list_one(ctx, options->root, options->exercise)
                     : list_all(ctx, options->root);

    talloc_free(ctx);
    return status;
}
