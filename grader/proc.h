/*
 * proc.h - the small files of /proc that speak of one process or one of its
 * threads; proc(5). Used by the grader and by the keeper.
 */
#ifndef PROC_H
#define PROC_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* What `stat` says. Of a thread: its own times, all else is of its process. */
struct proc_stat {
    char state; /* R runs, S sleeps, Z zombie, X dead, ... */
    pid_t parent, session;
    bool exiting; /* it has begun to end */
    unsigned threads;
    double cpu_seconds;    /* user and system */
    double waited_seconds; /* the same, of the children it has waited for */
    size_t memory;         /* resident, bytes; 0 when it is exiting */
};

/* A file as a string, cut at `size`: of a thread, or of the whole process when
 * `tid` is 0. false when there is no such thread any more. */
bool proc_read(char *text, size_t size, pid_t pid, pid_t tid, const char *name);

/* The file `stat`; false when there is no such thread any more. */
bool proc_stat(pid_t pid, pid_t tid, struct proc_stat *stat);

/* Has ended, and waits for its parent to ask. */
static inline bool proc_is_dead(const struct proc_stat *stat)
{
    return stat->state == 'Z' || stat->state == 'X';
}

#endif
