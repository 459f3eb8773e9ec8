/*
 * path.h - the critical path: what the end of a run in virtual time hung on,
 * step by step back to its beginning.
 */
#ifndef PATH_H
#define PATH_H

#include "explorer.h"

void path_begin(void);

/* A thread begins; what it hangs on is what the thread under way has done. */
void path_thread(struct thread *thread);

/* `thread` goes on at its clock because of what `because` has done until its
 * own. NULL: because of the clock alone. */
void path_goes_on(struct thread *thread, struct thread *because);

/* The thread under way has taken a lock there, or given one back. */
void path_takes(uint64_t pc);
void path_gives(void);

/* One piece of the path, from its end to its beginning. */
struct path_piece {
    enum path_kind kind;
    int thread;
    uint64_t pc;
    uint64_t from, to; /* virtual picoseconds */
};

/* Of the path that ends with this thread's last step: the pieces, last one
 * first. Returns how many; at most `most`. */
unsigned path_back(struct thread *last, struct path_piece *pieces,
                   unsigned most);

#endif
