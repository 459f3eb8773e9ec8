/*
 * path.c - see path.h.
 *
 * Each thread adds a node when it begins to hold a lock, or ends to, and when
 * it goes on after a wait. A node knows the one that it hangs on: the one
 * before it of the same thread, or, after a wait, the node of the thread that
 * ended the wait, as far as that had come. The chain from the last node back
 * to the first is the critical path: whoever makes another piece of the
 * program faster wins nothing (Hollingsworth, Critical path profiling of
 * message passing and shared-memory programs, 1998).
 */
#include "path.h"

#include "clock.h"

enum { NODES = 1 << 22 };

struct node {
    uint64_t from, to;
    uint32_t before; /* 0: none */
    uint32_t pc;
    uint8_t thread, kind;
};
_Static_assert(THREADS <= UINT8_MAX, "a node has a byte for its thread");

static struct node *nodes;
static uint32_t used;
static struct {
    uint32_t node;
    unsigned locks;
} now[THREADS];

void path_begin(void)
{
    if (nodes == NULL)
        nodes = own_memory(NODES * sizeof *nodes);
    used = 1;
}

/* When there is no more room, all that follows is one piece. */
static void add(struct thread *thread, uint32_t before, enum path_kind kind,
                uint64_t pc, uint64_t from)
{
    if (used == NODES)
        return;
    now[thread->number].node = used;
    nodes[used++] = (struct node){.from = from,
                                  .before = before,
                                  .pc = (uint32_t)pc,
                                  .thread = (uint8_t)thread->number,
                                  .kind = (uint8_t)kind};
}

/* The node ends where its thread is now. */
static uint32_t close_node(const struct thread *thread)
{
    uint32_t node = now[thread->number].node;

    if (node != 0)
        nodes[node].to = thread->clock;
    return node;
}

static enum path_kind kind_of(const struct thread *thread)
{
    return now[thread->number].locks > 0 ? PATH_HOLDS : PATH_RUNS;
}

void path_thread(struct thread *thread)
{
    struct thread *parent = world->self;
    uint32_t before = parent != NULL ? close_node(parent) : 0;

    now[thread->number].locks = 0;
    add(thread, before, PATH_RUNS, ADDRESS(thread->start), thread->clock);
    if (parent != NULL)
        add(parent, before, (enum path_kind)nodes[before].kind,
            nodes[before].pc, parent->clock);
}

void path_goes_on(struct thread *thread, struct thread *because)
{
    uint32_t node = close_node(thread), before = node;
    uint64_t pc = nodes[node].pc;

    if (because != NULL && because != thread) {
        before = close_node(because);
        add(because, before, (enum path_kind)nodes[before].kind,
            nodes[before].pc, because->clock);
    }
    add(thread, before, kind_of(thread), pc, thread->clock);
}

void path_takes(uint64_t pc)
{
    struct thread *self = world->self;

    if (now[self->number].locks++ == 0)
        add(self, close_node(self), PATH_HOLDS, pc, self->clock);
}

void path_gives(void)
{
    struct thread *self = world->self;

    if (now[self->number].locks > 0 && --now[self->number].locks == 0)
        add(self, close_node(self), PATH_RUNS, ADDRESS(self->start),
            self->clock);
}

unsigned path_back(struct thread *last, struct path_piece *pieces,
                   unsigned most)
{
    uint32_t at = close_node(last);
    uint64_t until = last->clock;
    unsigned count = 0;

    while (at != 0 && count + 2 <= most) {
        const struct node *node = &nodes[at];
        uint64_t to = node->to < until ? node->to : until;

        if (until > to)
            pieces[count++] = (struct path_piece){PATH_WAKES, node->thread,
                                                  node->pc, to, until};
        if (to > node->from)
            pieces[count++] =
                (struct path_piece){(enum path_kind)node->kind, node->thread,
                                    node->pc, node->from, to};
        until = node->from < until ? node->from : until;
        at = node->before;
    }
    return count;
}
