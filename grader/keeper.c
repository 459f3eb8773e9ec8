/*
 * keeper.c - stands between the grader and one program: a program of its own
 *
 * Three processes: the grader; the keeper, which is trusted; and the program,
 * which is not. The keeper is the subreaper of all that the program starts:
 * an orphan, whatever session it made for itself, becomes the keeper's child.
 * So two things are certain. When waitpid() says ECHILD nothing is left; and
 * as long as something is left, its line of living ancestors ends here, where
 * a scan finds it.
 *
 * The keeper's work ends in one of two ways: the program ends, or the
 * lifeline (keeper.h) is let go. Then it kills until ECHILD and reports.
 *
 * The program runs as the same user and can therefore kill the keeper. The
 * grader notices and takes its place (leash.c). A program that kills all of
 * its user's processes, kill(-1, SIGKILL), ends the grader too: only a
 * sandbox with a user or a pid namespace of its own survives that.
 *
 * Signals: all are blocked here, so that only SIGKILL and SIGSTOP can reach
 * the keeper; the program gets an empty mask and the default dispositions,
 * which the grader sees to when it starts the keeper.
 */
#define _GNU_SOURCE
#include "keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "family.h"

enum { ARG_DIR = 1, ARG_FILE, ARG_CPU, ARG_PROCESSES, ARG_PROGRAM };

#define DYING_MS      2  /* for what was killed, before looking again */
#define COUNT_MS      25 /* between two looks at the number of processes */
#define COUNT_SHARE   50 /* looks take about 1/50 of the time */
#define COUNT_MOST_MS 100
#define REAPED_MOST   256
#define ZOMBIES       1000 /* too many, even if they are dead */
#define OTHER_WORK    1000 /* processes that the user may start meanwhile */

struct keeper {
    pid_t program;
    bool ended; /* the program was reaped: `status` holds */
    int status;
    unsigned long room; /* for RLIMIT_NPROC; 0: no limit */
    unsigned most;      /* processes and threads at one time; 0: no limit */
    int signals;        /* a signalfd with SIGCHLD */
    struct family family;
};

static void say(const struct keeper_word *word)
{
    while (send(KEEPER_SOCKET, word, sizeof *word, MSG_NOSIGNAL) < 0 &&
           errno == EINTR)
        ;
}

static void say_failed(enum keeper_step step)
{
    say(&(struct keeper_word){
        .kind = KEEPER_FAILED, .step = step, .error = errno});
}

/* ---- the program's process, before it becomes the program --------------- */

/* Sets a soft limit, and a hard one `more` above it; never raises one. */
static int limit(int what, rlim_t value, unsigned more)
{
    struct rlimit limit;

    if (value == 0)
        return 0;
    if (getrlimit(what, &limit) < 0)
        return -1;
    if (limit.rlim_max > value + more)
        limit.rlim_max = value + more;
    limit.rlim_cur = value < limit.rlim_max ? value : limit.rlim_max;
    return setrlimit(what, &limit);
}

/* When memory runs out the kernel shall take the program, not the grader. */
static void offer_to_oom_killer(void)
{
    int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

    if (fd < 0)
        return;
    if (write(fd, "500", 3) != 3) {
        /* It is a help, not a need. */
    }
    close(fd);
}

static void become_program(const struct keeper *keeper, char **argv)
{
    const struct rlimit none = {0, 0};
    sigset_t empty;

    setsid();
    prctl(PR_SET_DUMPABLE, 1);
    offer_to_oom_killer();
    if (setrlimit(RLIMIT_CORE, &none) < 0 ||
        limit(RLIMIT_FSIZE, strtoull(argv[ARG_FILE], NULL, 10), 0) < 0 ||
        limit(RLIMIT_CPU, strtoull(argv[ARG_CPU], NULL, 10), 1) < 0 ||
        limit(RLIMIT_NPROC, keeper->room, 0) < 0) {
        say_failed(KEEPER_LIMIT);
        _exit(127);
    }
    if (chdir(argv[ARG_DIR]) < 0) {
        say_failed(KEEPER_CHDIR);
        _exit(127);
    }
    /* Said here, not by the keeper: it is sent before the program can do
     * anything, such as kill the keeper. */
    say(&(struct keeper_word){.kind = KEEPER_STARTED, .program = getpid()});
    sigemptyset(&empty);
    sigprocmask(SIG_SETMASK, &empty, NULL);
    /* ETXTBSY: another process that was just forked still holds the file,
     * open for writing, until its exec. */
    for (int tries = 0; tries < 100; tries++) {
        execvp(argv[ARG_PROGRAM], argv + ARG_PROGRAM);
        if (errno != ETXTBSY)
            break;
        poll(NULL, 0, 10);
    }
    say_failed(KEEPER_EXEC);
    _exit(127);
}

/* ---- the keeper ---------------------------------------------------------- */

/* Processes that still run now that the program has ended. */
static unsigned count_left(struct keeper *keeper)
{
    unsigned left = 0;

    if (family_scan(&keeper->family, getpid(), 0) < 0)
        return 0;
    for (size_t i = 1; i < keeper->family.count; i++) {
        const struct kin *kin = &keeper->family.items[i];

        if (kin->pid != keeper->program && (!kin->ending || kin->threads > 1))
            left += family_runs(kin->pid);
    }
    return left;
}

static bool reap(struct keeper *keeper, pid_t pid)
{
    int status;
    pid_t got;

    do
        got = waitpid(pid, &status, WNOHANG);
    while (got < 0 && errno == EINTR);
    if (got == keeper->program) {
        keeper->status = status;
        keeper->ended = true;
    }
    return got > 0;
}

/*
 * Counting and killing must not wait for a processor; see prepare_for_bombs().
 * Reaping must: to let a process go the kernel walks over what was opened
 * below its /proc/PID, again and again as long as somebody else holds a part
 * of it. Who has a higher priority than that somebody, on the same processor,
 * keeps him from ever letting go.
 */
static void come_first(bool first)
{
    struct sched_param priority = {.sched_priority = first ? 1 : 0};

    if (geteuid() == 0)
        sched_setscheduler(
            0, (first ? SCHED_FIFO : SCHED_OTHER) | SCHED_RESET_ON_FORK,
            &priority);
}

/* Reaps the dead, but not for ever where others die all the time. */
static void reap_some(struct keeper *keeper)
{
    come_first(false);
    for (int i = 0; i < REAPED_MOST && reap(keeper, -1); i++)
        ;
    come_first(keeper->most != 0);
}

static bool nobody_left(void)
{
    return waitid(P_ALL, 0, &(siginfo_t){0}, WEXITED | WNOHANG | WNOWAIT) < 0 &&
           errno == ECHILD;
}

/* It stays a zombie: so its number, which names its group, is still its own.
 * Orphans that have ended stay, too, until all have. */
static bool program_ended(const struct keeper *keeper)
{
    siginfo_t info = {.si_pid = 0};

    return waitid(P_PID, (id_t)keeper->program, &info,
                  WEXITED | WNOHANG | WNOWAIT) == 0 &&
           info.si_pid == keeper->program;
}

static void empty_signals(const struct keeper *keeper)
{
    struct signalfd_siginfo info;

    while (read(keeper->signals, &info, sizeof info) > 0)
        ;
}

/*
 * Kills until nothing is left. The group first: the kernel does that in one
 * stroke, no fork() can slip through. What has left the group takes passes.
 * The dead are not reaped before a pass finds nobody alive: a zombie keeps its
 * place below pid_max and RLIMIT_NPROC, so that a bomb that has filled these
 * cannot fill them again.
 */
static void kill_all(struct keeper *keeper, bool crowded)
{
    struct pollfd wait = {.fd = keeper->signals, .events = POLLIN};

    kill(-keeper->program, SIGKILL);
    if (!crowded)
        reap_some(keeper);
    while (!nobody_left()) {
        do {
            empty_signals(keeper);
            if (family_kill(&keeper->family, getpid()) == 0) {
                /* Whoever is on the way out needs a processor for that: this
                 * one may be the only one, and we come first on it. */
                poll(&wait, 1, DYING_MS);
                break;
            }
            /* Not yet reaped: the number is its own. */
            if (!keeper->ended)
                kill(keeper->program, SIGKILL);
            poll(&wait, 1, DYING_MS);
        } while (keeper->family.count > 1);
        reap_some(keeper);
    }
}

static long now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static bool is_crowded(struct keeper *keeper)
{
    const struct family *family = &keeper->family;
    unsigned threads = 0;

    if (family_scan(&keeper->family, getpid(), keeper->most + ZOMBIES) < 0)
        return false;
    for (size_t i = 1; i < family->count; i++)
        if (!family->items[i].ending || family->items[i].threads > 1)
            threads += family->items[i].threads;
    return threads > keeper->most || family->count >= keeper->most + ZOMBIES;
}

/* Why the watch is over. */
enum over { PROGRAM_ENDED, LET_GO, CROWDED };

static enum over watch(struct keeper *keeper)
{
    struct pollfd wait[] = {
        {.fd = keeper->signals, .events = POLLIN},
        {.fd = KEEPER_SOCKET, .events = POLLIN | POLLRDHUP},
    };
    int pause = keeper->most != 0 ? COUNT_MS : -1;

    for (;;) {
        long begin;
        int ready = poll(wait, 2, pause);

        if (ready > 0 && wait[0].revents) {
            empty_signals(keeper);
            if (program_ended(keeper))
                return PROGRAM_ENDED;
        }
        if (ready > 0 && wait[1].revents)
            return LET_GO;
        if (ready != 0)
            continue;
        /* The more there is to count, the seldomer. */
        begin = now_ms();
        if (is_crowded(keeper))
            return CROWDED;
        pause = COUNT_MS + COUNT_SHARE * (int)(now_ms() - begin);
        if (pause > COUNT_MOST_MS)
            pause = COUNT_MOST_MS;
    }
}

static void report(const struct keeper *keeper, enum over over, unsigned left)
{
    struct keeper_word word = {.kind = KEEPER_ENDED,
                               .status = keeper->status,
                               .crowded = over == CROWDED,
                               .left = left};
    struct rusage used;

    getrusage(RUSAGE_CHILDREN, &used);
    word.cpu_seconds =
        (double)used.ru_utime.tv_sec + (double)used.ru_stime.tv_sec +
        (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
    word.peak_memory = (size_t)used.ru_maxrss * 1024;
    say(&word);
}

/*
 * Processes are counted, and killed, in a race with a program that makes
 * them. Root wins it by priority; for others RLIMIT_NPROC keeps the race
 * short. Being counted for the whole user it has to leave room for all else
 * that runs (/proc/loadavg says how much), so it is no more than a backstop;
 * for root the kernel does not heed it.
 */
static void prepare_for_bombs(struct keeper *keeper)
{
    char text[128], *slash;
    ssize_t size;
    int fd;

    if (geteuid() == 0) {
        come_first(true); /* the program itself starts as anyone else */
        return;
    }
    fd = open("/proc/loadavg", O_RDONLY | O_CLOEXEC);
    size = fd < 0 ? 0 : read(fd, text, sizeof text - 1);
    if (fd >= 0)
        close(fd);
    text[size > 0 ? size : 0] = '\0';
    slash = strchr(text, '/');
    if (slash != NULL)
        keeper->room = strtoul(slash + 1, NULL, 10) + keeper->most + OTHER_WORK;
}

/* Closes what the grader's own parents may have left open, such as the pipes
 * of make's job server. */
static void close_inherited(void)
{
    if (close_range(KEEPER_SOCKET + 1, ~0u, 0) == 0)
        return;
    for (int fd = KEEPER_SOCKET + 1; fd < 4096; fd++)
        close(fd);
}

int main(int argc, char **argv)
{
    struct keeper keeper = {0};
    enum over over;
    unsigned left = 0;
    sigset_t all, child;

    if (argc <= ARG_PROGRAM || fcntl(KEEPER_SOCKET, F_SETFD, FD_CLOEXEC) < 0)
        return 2;
    setsid();
    close_inherited();
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    keeper.signals = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
    /* Not dumpable: no process of the same user may trace us or take our
     * descriptors. */
    keeper.most = (unsigned)strtoul(argv[ARG_PROCESSES], NULL, 10);
    if (keeper.most != 0)
        prepare_for_bombs(&keeper);
    if (keeper.signals < 0 || prctl(PR_SET_CHILD_SUBREAPER, 1) < 0 ||
        prctl(PR_SET_DUMPABLE, 0) < 0 || (keeper.program = fork()) < 0) {
        say_failed(KEEPER_FORK);
        return 2;
    }
    if (keeper.program == 0)
        become_program(&keeper, argv);
    close(STDIN_FILENO);
    close(STDOUT_FILENO);
    close(STDERR_FILENO);
    over = watch(&keeper);
    if (over == PROGRAM_ENDED)
        left = count_left(&keeper);
    kill_all(&keeper, over == CROWDED);
    report(&keeper, over, left);
    return 0;
}
