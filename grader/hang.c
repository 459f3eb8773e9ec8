/*
 * hang.c - see hang.h.
 *
 * The graph is small: an edge from a thread that waits for a lock to the one
 * that holds it, and from a thread that joins to the one it joins. Each
 * thread waits for at most one thing, so a circle is found by walking on
 * until a thread comes up again.
 */
#include "hang.h"

#include <stdlib.h>
#include <string.h>
#include <talloc.h>

#include "judging.h"
#include "pipes.h"

#define RECORDED_MOST 16 /* addresses of one record */

struct scene {
    void *ctx;
    const struct board *board;
    struct symbols *symbols;
    uint32_t used;
    bool ends; /* a sleep that is not on the board may end by the clock */
    uint64_t locks[64]; /* in the order in which they are named: A, B, ... */
    size_t lock_count;
};

size_t hang_stack(void *ctx, struct symbols *symbols, uint64_t base,
                  const uint64_t *pcs, size_t depth, struct place **out)
{
    size_t n = 0;

    *out = talloc_zero_array(ctx, struct place, (unsigned)depth + 1);
    for (size_t i = 0; i < depth && pcs[i] != 0; i++) {
        struct place place = symbols_code(symbols, pcs[i] - base - 1);

        if (place.line > 0)
            (*out)[n++] = place;
    }
    return n;
}

size_t hang_stack_recorded(void *ctx, struct symbols *symbols, const char *text,
                           bool exact, struct place **out)
{
    const char *at = strchr(text, '@');
    uint64_t pcs[RECORDED_MOST + 1] = {0}, guess = 0;
    struct side side = {0};
    size_t n = 0;

    while (at != NULL && n < RECORDED_MOST && (*at == '@' || *at == ',')) {
        if (at[1] == '?')
            guess = strtoull(at + 2, (char **)&at, 16);
        else
            pcs[n++] = strtoull(at + 1, (char **)&at, 16);
    }
    if (n > 0 && exact)
        pcs[0] += 1;
    side.depth = hang_stack(ctx, symbols, 0, pcs, n, &side.stack);
    *out = side.stack;
    if (guess == 0 || n == 0 || n == RECORDED_MOST || side_student(&side))
        return side.depth;
    memmove(pcs + 2, pcs + 1, (n - 1) * sizeof pcs[0]);
    pcs[1] = guess;
    return hang_stack(ctx, symbols, 0, pcs, n + 1, out);
}

static const char *lock_name(struct scene *scene, uint64_t lock)
{
    const char *name = symbols_data(scene->symbols, lock - scene->board->base);
    size_t i;

    if (name != NULL)
        return talloc_asprintf(scene->ctx, "`%s`", name);
    for (i = 0; i < scene->lock_count; i++)
        if (scene->locks[i] == lock)
            break;
    if (i == scene->lock_count && i < 64)
        scene->locks[scene->lock_count++] = lock;
    if (i < 26)
        return talloc_asprintf(scene->ctx, "%c", 'A' + (char)i);
    return talloc_asprintf(scene->ctx, "number %zu", i + 1);
}

static const char *kind_name(uint32_t kind)
{
    switch (kind) {
    case WAIT_RWLOCK:
        return "read-write lock";
    case WAIT_SPINLOCK:
        return "spin lock";
    case WAIT_SEMAPHORE:
        return "semaphore";
    default:
        return "lock";
    }
}

static const char *thread_name(struct scene *scene, uint32_t number)
{
    if (number == 0)
        return "the test's thread";
    if (scene->board->rows[number].pid != 0)
        return talloc_asprintf(scene->ctx, "child %u", number);
    return talloc_asprintf(scene->ctx, "T%u", number);
}

/* The line of a call in the student's own file, else the innermost known. */
static const char *line_of(struct scene *scene, const struct frames *frames)
{
    struct place *stack;
    size_t depth = hang_stack(scene->ctx, scene->symbols, scene->board->base,
                              frames->pc, BOARD_FRAMES, &stack);

    for (size_t i = 0; i < depth; i++)
        if (stack[i].student)
            return talloc_asprintf(scene->ctx, "%s:%d", stack[i].file,
                                   stack[i].line);
    if (depth > 0)
        return talloc_asprintf(scene->ctx, "%s:%d", stack[0].file,
                               stack[0].line);
    return "an unknown line";
}

static bool takes_locks(uint32_t waiting)
{
    return waiting == WAIT_MUTEX || waiting == WAIT_RWLOCK ||
           waiting == WAIT_SPINLOCK || waiting == WAIT_SEMAPHORE;
}

/* The row that has what this row waits for, or NULL. */
static const struct board_row *holder_of(const struct scene *scene,
                                         const struct board_row *row)
{
    for (uint32_t i = 0; i < scene->used; i++) {
        const struct board_row *other = &scene->board->rows[i];
        uint32_t held = other->held_count;

        if (row->waiting == WAIT_JOIN && other->number == row->object)
            return other;
        if (!takes_locks(row->waiting))
            continue;
        for (uint32_t k = 0; k < held && k < BOARD_HELD; k++)
            if (other->held[k].lock == row->object)
                return other;
    }
    return NULL;
}

static const char *holds(struct scene *scene, const struct board_row *row)
{
    uint32_t held = row->held_count;
    char *text = NULL;

    for (uint32_t k = 0; k < held && k < BOARD_HELD; k++)
        text = talloc_asprintf(scene->ctx, "%s%s %s, taken at %s",
                               text ? text : "holds ",
                               text ? ", and" : kind_name(row->held[k].kind),
                               lock_name(scene, row->held[k].lock),
                               line_of(scene, &row->held[k].taken));
    return text;
}

static const char *taken_at(struct scene *scene, const struct board_row *row,
                            uint64_t lock)
{
    uint32_t held = row->held_count;

    for (uint32_t k = 0; k < held && k < BOARD_HELD; k++)
        if (row->held[k].lock == lock)
            return line_of(scene, &row->held[k].taken);
    return "an unknown line";
}

/* "waits for data on descriptor 5, a pipe; its writing end is open in ..." */
static const char *on_descriptor(struct scene *scene,
                                 const struct board_row *row)
{
    int pid = row->pid != 0 ? row->pid : scene->board->pid;
    int fd = (int)row->object;
    bool reads = row->waiting == WAIT_READ;

    return talloc_asprintf(
        scene->ctx, "%s descriptor %d, %s", reads ? HANG_DATA : HANG_ROOM, fd,
        pipes_describe(scene->ctx, scene->board, pid, fd, reads));
}

static const char *waits_for(struct scene *scene, const struct board_row *row)
{
    const struct board_row *holder = holder_of(scene, row);
    const char *who = holder ? thread_name(scene, holder->number) : NULL;
    uint32_t waiting = row->waiting;
    const char *name;

    switch (waiting) {
    case WAIT_CONDITION:
        return "waits for a signal on a condition variable, and nobody is "
               "left to give it";
    case WAIT_BARRIER:
        return "waits at a barrier for others that never come";
    case WAIT_JOIN:
        return talloc_asprintf(scene->ctx, "waits for %s to end",
                               who ? who : "another thread");
    case WAIT_SEMAPHORE:
        return "waits for a semaphore that nobody posts";
    case WAIT_READ:
    case WAIT_WRITE:
        return on_descriptor(scene, row);
    case WAIT_POLL:
        return HANG_READY;
    case WAIT_CHILD:
        return HANG_CHILD;
    case WAIT_SLEEP:
        return "sleeps by the clock";
    case WAIT_NOTHING:
        return scene->ends ? "sleeps, or is about to"
                           : "sleeps in a call that nothing will end";
    default:
        break;
    }
    name = lock_name(scene, row->object);
    if (holder == NULL)
        return talloc_asprintf(scene->ctx,
                               "waits for %s %s, which nobody will release",
                               kind_name(waiting), name);
    if (!board_alive(holder))
        return talloc_asprintf(
            scene->ctx, "waits for %s %s, taken at %s by %s and " HANG_KEPT,
            kind_name(waiting), name, taken_at(scene, holder, row->object),
            who);
    if (holder == row)
        return talloc_asprintf(scene->ctx, "waits for %s %s, " HANG_OWN,
                               kind_name(waiting), name);
    return talloc_asprintf(scene->ctx, "waits for %s %s, which %s holds",
                           kind_name(waiting), name, who);
}

static void add_side(struct scene *scene, struct report *report,
                     const struct board_row *row)
{
    const char *locks = holds(scene, row); /* first: locks are named in the
                                              order in which they come up */
    const char *what = waits_for(scene, row);
    struct side *side;
    struct place *stack;
    size_t depth = hang_stack(scene->ctx, scene->symbols, scene->board->base,
                              row->at.pc, BOARD_FRAMES, &stack);

    for (size_t i = 0; i < report->count; i++) {
        side = &report->sides[i];
        if (strcmp(side->what, what) == 0 && locks == NULL &&
            side->locks == NULL && side->depth == depth && depth > 0 &&
            side->stack[0].line == stack[0].line) {
            side->thread = talloc_asprintf(
                scene->ctx, "%s%s, %s",
                strncmp(side->thread, "each of ", 8) == 0 ? "" : "each of ",
                side->thread, thread_name(scene, row->number));
            return;
        }
    }
    report->sides = talloc_realloc(scene->ctx, report->sides, struct side,
                                   (unsigned)report->count + 1);
    report->sides[report->count++] = (struct side){
        .what = what,
        .thread = thread_name(scene, row->number),
        .locks = locks,
        .stack = stack,
        .depth = depth,
    };
}

/* The first thread on a circle, or NULL. */
static const struct board_row *find_circle(const struct scene *scene)
{
    for (uint32_t i = 0; i < scene->used; i++) {
        const struct board_row *row = &scene->board->rows[i];
        const struct board_row *at = row;

        for (uint32_t steps = 0; at != NULL && steps <= scene->used; steps++) {
            at = at->waiting == WAIT_NOTHING ? NULL : holder_of(scene, at);
            if (at == row)
                return row;
        }
    }
    return NULL;
}

struct report hang_report(void *ctx, const struct board *board,
                          struct symbols *symbols, enum lens lens,
                          enum bug kind)
{
    struct scene scene = {.ctx = ctx, .board = board, .symbols = symbols};
    struct report report = {.kind = kind, .lens = lens};
    const struct board_row *circle, *row;

    scene.ends = kind == BUG_ASLEEP;
    scene.used =
        board->rows_used < BOARD_THREADS ? board->rows_used : BOARD_THREADS;
    report.test = talloc_strndup(ctx, board->test, sizeof board->test);
    report.title = kind == BUG_ASLEEP ? "still asleep when the time was up"
                                      : "nothing can move any more";
    circle = find_circle(&scene);
    if (circle != NULL) {
        row = circle;
        do {
            add_side(&scene, &report, row);
            row = holder_of(&scene, row);
        } while (row != circle);
        return report;
    }
    for (int with_locks = 1; with_locks >= 0; with_locks--)
        for (uint32_t i = 0; i < scene.used; i++) {
            row = &board->rows[i];
            if (board_alive(row) && row->waiting != WAIT_MEETING &&
                row->waiting != WAIT_END && row->waiting != WAIT_RUNNER &&
                (row->held_count > 0) == with_locks)
                add_side(&scene, &report, row);
        }
    return report;
}
