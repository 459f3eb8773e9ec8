/*
 * family.h - a process and all that descend from it, as /proc shows them at
 * this moment. Used by the grader and by the keeper; so malloc, no talloc.
 */
#ifndef FAMILY_H
#define FAMILY_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct kin {
    pid_t pid, parent, session;
    char state;  /* the letter of /proc/PID/stat */
    bool ending; /* its first thread is a zombie or about to become
                    one; others may run on */
    unsigned threads;
    double cpu_seconds; /* its own and of the children it has waited for */
    size_t memory;      /* resident, bytes */
};

/* Start with zeros; one object serves one thread. */
struct family {
    struct kin *items;
    size_t count, room;
    bool killing; /* of family.c */
};

/*
 * The head first, parents before their children; so no CPU time is counted
 * twice when one dies in between. Stops after `most` entries (0: no limit).
 * Returns -1 when the head is not there or memory ran out.
 */
int family_scan(struct family *family, pid_t head, size_t most);

/*
 * The same, and whoever is found is killed, except the head: each before its
 * own children are listed, so that it can have no more of them. (A scan first
 * and the killing afterwards would never catch up with a bomb of processes.)
 * Returns how many were found that still lived, or -1 when the head cannot be
 * looked at.
 */
long family_kill(struct family *family, pid_t head);

/* The same as a scan, but only the head and its own children. */
int family_children(struct family *family, pid_t head);

/* Whether any thread of a process can still run: it has not begun to end,
 * and no SIGKILL is on its way to it. */
bool family_runs(pid_t pid);

void family_free(struct family *family);

/*
 * A kernel without /proc/PID/task/TID/children is recognised; then all
 * processes of the machine are looked at. true asks for that everywhere: for
 * tests, set before any thread starts.
 */
extern bool family_look_at_all;

#endif
