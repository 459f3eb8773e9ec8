/*
 * test_box_roles.c - programs that misbehave
 *
 * They are the test program itself again: with BOX_ROLE in its environment it
 * plays one of the roles below before Criterion starts.
 *
 * The tests run as root too, where the kernel's limits do not hold: so every
 * role has a ceiling of its own, and a fault of the box cannot take the
 * machine along.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MB ((size_t)1 << 20)

static void forever(void)
{
    for (;;)
        pause();
}

/* Never returns -1: that would be everyone, to kill(). */
static pid_t try_fork(void)
{
    pid_t child = fork();

    if (child < 0)
        _exit(98);
    return child;
}

static void signal_keeper(int sig)
{
    pid_t keeper = getppid();

    if (keeper > 1)
        kill(keeper, sig);
}

static void spin(void)
{
    static atomic_ulong turns;

    for (;;)
        atomic_fetch_add(&turns, 1);
}

/*
 * A bomb makes BOMB processes, with all its children together, and then no
 * more: whatever goes wrong with the box, this machine lives on.
 */
#define BOMB 300

static bool may_fork(void)
{
    static atomic_int *made;

    if (made == NULL)
        made = mmap(NULL, sizeof *made, PROT_READ | PROT_WRITE,
                    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return made != MAP_FAILED && atomic_fetch_add(made, 1) < BOMB;
}

static void fork_bomb(void)
{
    while (may_fork())
        fork();
    forever();
}

/* Every process leaves its parent's group and session. */
static void session_bomb(void)
{
    while (may_fork())
        if (fork() == 0)
            setsid();
    forever();
}

/* Memory that no compiler can take away again. */
static void take(size_t size)
{
    mmap(NULL, size, PROT_READ | PROT_WRITE,
         MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
}

static void *hog(void *unused)
{
    for (int i = 0; i < 300; i++) {
        take(MB);
        usleep(500);
    }
    forever();
    return unused;
}

static void hog_alone(void)
{
    hog(NULL);
}

/* The first thread ends; then /proc shows a zombie without memory. */
static void hog_in_thread(void)
{
    pthread_t thread;

    pthread_create(&thread, NULL, hog, NULL);
    /* pthread_exit() needs a main() to come back to. */
    syscall(SYS_exit, 0);
}

static void big_and_quick(void)
{
    take(64 * MB);
    _exit(0);
}

static void flood(void)
{
    static char text[65536];

    memset(text, 'x', sizeof text);
    for (;;)
        if (write(1, text, sizeof text) < 0)
            _exit(1);
}

/* A fixed amount, then an end like any other. */
static void print_100000(void)
{
    for (int i = 0; i < 100; i++) {
        char text[1001];

        snprintf(text, sizeof text, "%01000d", i);
        if (write(1, text, 1000) != 1000 || write(2, text, 1000) != 1000)
            _exit(1);
    }
    _exit(0);
}

/* Starts a process of another session that is nobody's child any more,
 * heeds no signal and, unless `hold`, has no descriptor. Waits until it is. */
static void start_daemon(bool hold)
{
    int ready[2];
    char byte;

    if (pipe(ready) < 0)
        _exit(1);
    if (try_fork() == 0) {
        setsid();
        if (try_fork() != 0)
            _exit(0);
        for (int sig = 1; sig < NSIG; sig++)
            signal(sig, SIG_IGN);
        for (int fd = 0; fd < 64 && !hold; fd++)
            if (fd != ready[1])
                close(fd);
        if (write(ready[1], "r", 1) < 0)
            _exit(1);
        close(ready[1]);
        forever();
    }
    wait(NULL);
    if (read(ready[0], &byte, 1) != 1)
        _exit(1);
}

static void leave_daemon(void)
{
    start_daemon(false);
    _exit(5);
}

static void leave_daemon_with_stdout(void)
{
    start_daemon(true);
    _exit(5);
}

static void leave_zombie(void)
{
    siginfo_t info;
    pid_t child = try_fork();

    if (child == 0)
        _exit(0);
    waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT);
    _exit(0);
}

/* What is killed but not waited for is not left alive. */
static void leave_killed(void)
{
    for (int i = 0; i < 8; i++) {
        pid_t child = try_fork();

        if (child == 0)
            forever();
        kill(child, SIGKILL);
    }
    _exit(0);
}

static void close_all(void)
{
    for (int fd = 0; fd < 64; fd++)
        close(fd);
    forever();
}

static void ignore_all(void)
{
    for (int sig = 1; sig < NSIG; sig++)
        signal(sig, SIG_IGN);
    forever();
}

static void stop_self(void)
{
    raise(SIGSTOP);
    _exit(0);
}

static void spin_in_three(void)
{
    if (try_fork() != 0)
        try_fork();
    spin();
}

/* Each child is short; only their sum is long. */
static void spin_in_turns(void)
{
    for (int i = 0; i < 200; i++) {
        pid_t child = try_fork();

        if (child == 0) {
            clock_t end = clock() + CLOCKS_PER_SEC / 20;

            while (clock() < end)
                ;
            _exit(0);
        }
        waitpid(child, NULL, 0);
    }
    forever();
}

static void fill(int files, size_t each)
{
    static char text[65536];

    for (int i = 0; i < files; i++) {
        char name[32];
        int fd;

        snprintf(name, sizeof name, "f%d", i);
        fd = open(name, O_CREAT | O_WRONLY | O_TRUNC, 0600);
        for (size_t had = 0; had < each; had += sizeof text)
            if (write(fd, text, sizeof text) < 0)
                _exit(1);
        close(fd);
    }
    forever();
}

static void fill_one(void)
{
    fill(1, 64 * MB);
}

static void fill_many(void)
{
    fill(20, MB / 2);
}

static void kill_keeper(void)
{
    start_daemon(true);
    signal_keeper(SIGKILL);
    forever();
}

static void stop_keeper(void)
{
    signal_keeper(SIGSTOP);
    _exit(3);
}

static void *wait_in_thread(void *unused)
{
    forever();
    return unused;
}

static void thread_bomb(void)
{
    pthread_t thread;

    for (int i = 0; i < BOMB; i++)
        pthread_create(&thread, NULL, wait_in_thread, NULL);
    forever();
}

static void crash(void)
{
    signal(SIGSEGV, SIG_DFL);
    raise(SIGSEGV);
}

/* Prints what it has inherited. */
static void show_inheritance(void)
{
    struct sigaction action;
    sigset_t mask;
    int ignored = 0, blocked = 0, more = 0;

    sigprocmask(SIG_BLOCK, NULL, &mask);
    for (int sig = 1; sig < NSIG; sig++) {
        if (sigaction(sig, NULL, &action) == 0 && action.sa_handler == SIG_IGN)
            ignored++;
        if (sigismember(&mask, sig) == 1)
            blocked++;
    }
    for (int fd = 3; fd < 1024; fd++)
        more += fcntl(fd, F_GETFD) >= 0;
    printf("ignored %d blocked %d descriptors %d stdin %s leader %d\n", ignored,
           blocked, more, getchar() == EOF ? "empty" : "full",
           getpgrp() == getpid());
    fflush(stdout);
    _exit(0);
}

static void write_record(void)
{
    int fd = open(getenv("RECORD"), O_WRONLY);

    if (write(fd, "one\n", 4) != 4 || write(fd, "two\n", 4) != 4)
        _exit(1);
    if (getenv("STAY") != NULL)
        forever();
    _exit(0);
}

static const struct role {
    const char *name;
    void (*play)(void);
} roles[] = {
    {"forever", forever},
    {"spin", spin},
    {"fork bomb", fork_bomb},
    {"session bomb", session_bomb},
    {"thread bomb", thread_bomb},
    {"hog", hog_alone},
    {"hog in thread", hog_in_thread},
    {"big and quick", big_and_quick},
    {"flood", flood},
    {"print 100000", print_100000},
    {"leave daemon", leave_daemon},
    {"leave daemon with stdout", leave_daemon_with_stdout},
    {"leave zombie", leave_zombie},
    {"leave killed", leave_killed},
    {"close all", close_all},
    {"ignore all", ignore_all},
    {"stop self", stop_self},
    {"spin in three", spin_in_three},
    {"spin in turns", spin_in_turns},
    {"fill one", fill_one},
    {"fill many", fill_many},
    {"kill keeper", kill_keeper},
    {"stop keeper", stop_keeper},
    {"crash", crash},
    {"show inheritance", show_inheritance},
    {"write record", write_record},
};

__attribute__((constructor)) static void play_role(void)
{
    const char *name = getenv("BOX_ROLE");

    if (name != NULL && getenv("BOX_MARK") == NULL)
        _exit(99);
    for (size_t i = 0; name != NULL && i < sizeof roles / sizeof *roles; i++)
        if (strcmp(roles[i].name, name) == 0)
            roles[i].play();
    if (name != NULL)
        _exit(99);
}
