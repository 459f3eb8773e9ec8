/*
 * leash.c - the grader's end of a keeper
 *
 * A program may kill its keeper, being of the same user. What the keeper kept
 * then comes to the grader, which is a subreaper too. Such an orphan is told
 * from the grader's other children by its session: every keeper makes one of
 * its own, and no process can go back into the grader's. A keeper is told
 * from an orphan by the list of leashes. Two boxes may find each other's
 * orphans when both keepers were killed; no matter, both must go.
 *
 * The lock is held while a keeper starts, so that a rescue never sees one
 * that is not yet in the list; and during a rescue.
 *
 * Nothing in the grader may call wait() for any child, and SIGCHLD must not
 * be ignored: keepers are waited for here.
 */
#define _GNU_SOURCE
#include "leash.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "family.h"
#include "keeper.h"

#define RESCUE_SECONDS 30

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct leash *leashes; /* guarded by lock */

static pthread_once_t path_once = PTHREAD_ONCE_INIT;
static char path_found[PATH_MAX + 8];
static const char *path_given;

static void find_path(void)
{
    ssize_t size = readlink("/proc/self/exe", path_found, PATH_MAX);
    char *slash;

    path_found[size > 0 ? size : 0] = '\0';
    slash = strrchr(path_found, '/');
    strcpy(slash != NULL ? slash + 1 : path_found, "keeper");
}

const char *leash_keeper_path(void)
{
    if (path_given != NULL)
        return path_given;
    pthread_once(&path_once, find_path);
    return path_found;
}

void leash_keeper(const char *path)
{
    path_given = path;
}

/* The keeper's arguments; the caller frees the array. */
static char **arguments(const struct box_spec *spec, char *file, char *cpu,
                        char *processes, size_t size)
{
    size_t count = 0;
    char **argv;

    while (spec->argv[count] != NULL)
        count++;
    argv = calloc(count + 6, sizeof *argv);
    if (argv == NULL)
        return NULL;
    snprintf(file, size, "%zu", spec->limits.file_bytes);
    /* A backstop for each single process; the box counts all together. */
    snprintf(cpu, size, "%lu",
             spec->limits.cpu_seconds > 0
                 ? (unsigned long)spec->limits.cpu_seconds + 2
                 : 0);
    snprintf(processes, size, "%u", spec->limits.processes);
    argv[0] = (char *)"keeper";
    argv[1] = (char *)spec->dir;
    argv[2] = file;
    argv[3] = cpu;
    argv[4] = processes;
    memcpy(argv + 5, spec->argv, count * sizeof *argv);
    return argv;
}

static int spawn(pid_t *pid, const struct box_spec *spec, char *const *argv,
                 const int *descriptors)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t all;
    int error;

    error = posix_spawn_file_actions_init(&actions);
    if (error != 0)
        return error;
    posix_spawnattr_init(&attributes);
    sigfillset(&all);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
    for (int i = 0; i < 4 && error == 0; i++)
        error = posix_spawn_file_actions_adddup2(&actions, descriptors[i], i);
    if (error == 0)
        error = posix_spawn(pid, leash_keeper_path(), &actions, &attributes,
                            argv, spec->envp);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    return error;
}

/*
 * Descriptors 0 to 3 are the targets of the keeper's own; a source among them
 * (the grader was started with some closed) would be overwritten. So all
 * sources are copies above.
 */
static int lift(int *to, const int *from, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        to[i] = fcntl(from[i], F_DUPFD_CLOEXEC, KEEPER_SOCKET + 1);
        if (to[i] < 0) {
            int error = errno;

            while (i-- > 0)
                close(to[i]);
            return error;
        }
    }
    return 0;
}

static int spawn_with(struct leash *leash, const struct box_spec *spec,
                      char *const *argv, const int *descriptors)
{
    int lifted[4], error = lift(lifted, descriptors, 4);

    if (error != 0)
        return error;
    /* Orphans come to us when a keeper dies. Not inherited by fork(). */
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    pthread_mutex_lock(&lock);
    error = spawn(&leash->keeper, spec, argv, lifted);
    if (error == 0) {
        leash->next = leashes;
        leashes = leash;
    }
    pthread_mutex_unlock(&lock);
    for (int i = 0; i < 4; i++)
        close(lifted[i]);
    return error;
}

int leash_start(struct leash *leash, const struct box_spec *spec, int out,
                int err)
{
    char file[32], cpu[32], processes[32];
    char **argv = NULL;
    int pair[2] = {-1, -1}, error = 0;
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

    memset(leash, 0, sizeof *leash);
    leash->socket = -1;
    if (null < 0 ||
        socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0 ||
        fcntl(pair[0], F_SETFL, O_NONBLOCK) < 0 ||
        (argv = arguments(spec, file, cpu, processes, sizeof file)) == NULL)
        error = errno;
    if (error == 0)
        error = spawn_with(leash, spec, argv,
                           (const int[]){null, out, err, pair[1]});
    free(argv);
    if (null >= 0)
        close(null);
    if (pair[1] >= 0)
        close(pair[1]);
    if (error == 0)
        leash->socket = pair[0];
    else if (pair[0] >= 0)
        close(pair[0]);
    return error;
}

void leash_wake(struct leash *leash)
{
    if (!leash->reaped)
        kill(leash->keeper, SIGCONT);
}

void leash_let_go(struct leash *leash)
{
    shutdown(leash->socket, SHUT_WR);
    leash_wake(leash);
}

static pid_t wait_for(pid_t pid, int options, struct rusage *used)
{
    int status;
    pid_t got;

    do
        got = wait4(pid, &status, options, used);
    while (got < 0 && errno == EINTR);
    return got;
}

/* With the lock held. */
static bool is_keeper(pid_t pid)
{
    const struct leash *leash = leashes;

    while (leash != NULL && leash->keeper != pid)
        leash = leash->next;
    return leash != NULL;
}

static double seconds(const struct rusage *used)
{
    return (double)used->ru_utime.tv_sec + (double)used->ru_stime.tv_sec +
           (double)(used->ru_utime.tv_usec + used->ru_stime.tv_usec) / 1e6;
}

/* Kills every orphan with its descendants, and reaps. Returns how many
 * orphans were there. With the lock held. */
static unsigned kill_orphans(struct family *ours, struct family *theirs,
                             struct remains *remains)
{
    unsigned orphans = 0;

    if (family_children(ours, getpid()) < 0)
        return 0;
    for (size_t i = 1; i < ours->count; i++) {
        const struct kin *orphan = &ours->items[i];
        struct rusage used;

        if (is_keeper(orphan->pid) || orphan->session == ours->items[0].session)
            continue;
        orphans++;
        /* Nobody but us can reap it: the number is its own. */
        kill(orphan->pid, SIGKILL);
        family_kill(theirs, orphan->pid);
        if (wait_for(orphan->pid, WNOHANG, &used) == orphan->pid)
            remains->cpu_seconds += seconds(&used);
    }
    return orphans;
}

/* Returns the CPU time of the keeper and of all that it has reaped. */
static double reap_keeper(struct leash *leash)
{
    struct rusage used;

    if (leash->reaped)
        return 0;
    leash->reaped = true;
    return wait_for(leash->keeper, 0, &used) > 0 ? seconds(&used) : 0;
}

struct remains leash_rescue(struct leash *leash)
{
    const struct timespec moment = {0, 1000000};
    struct family ours = {0}, theirs = {0};
    struct remains remains = {0};
    struct timespec begin, now;

    /* Only when the keeper can be reaped are its children ours. */
    kill(leash->keeper, SIGKILL);
    remains.cpu_seconds = reap_keeper(leash);
    pthread_mutex_lock(&lock);
    clock_gettime(CLOCK_MONOTONIC, &begin);
    do {
        remains.clean = kill_orphans(&ours, &theirs, &remains) == 0;
        if (!remains.clean)
            nanosleep(&moment, NULL);
        clock_gettime(CLOCK_MONOTONIC, &now);
    } while (!remains.clean && now.tv_sec - begin.tv_sec < RESCUE_SECONDS);
    pthread_mutex_unlock(&lock);
    family_free(&ours);
    family_free(&theirs);
    return remains;
}

void leash_end(struct leash *leash)
{
    struct leash **at = &leashes;

    reap_keeper(leash);
    pthread_mutex_lock(&lock);
    while (*at != leash)
        at = &(*at)->next;
    *at = leash->next;
    pthread_mutex_unlock(&lock);
    close(leash->socket);
}
