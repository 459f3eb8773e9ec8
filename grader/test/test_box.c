/*
 * test_box.c - the box, tried with programs that misbehave
 *
 * The programs are this test's own file again: with BOX_ROLE in its
 * environment it plays one of the roles below before Criterion starts.
 * BOX_MARK, drawn for each run, is inherited by all that a program starts; so
 * what is left can be found wherever it hides.
 */
#define _GNU_SOURCE
#include <criterion/criterion.h>
#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <talloc.h>
#include <time.h>
#include <unistd.h>

#include "../box.h"
#include "../family.h"
#include "../leash.h"

#define MB ((size_t)1 << 20)

/* ---- the programs --------------------------------------------------- */

static void forever(void)
{
    for (;;)
        pause();
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
    if (fork() == 0) {
        setsid();
        if (fork() != 0)
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
    pid_t child = fork();

    if (child == 0)
        _exit(0);
    waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT);
    _exit(0);
}

/* What is killed but not waited for is not left alive. */
static void leave_killed(void)
{
    for (int i = 0; i < 8; i++) {
        pid_t child = fork();

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
    if (fork() != 0)
        fork();
    spin();
}

/* Each child is short; only their sum is long. */
static void spin_in_turns(void)
{
    for (int i = 0; i < 200; i++) {
        pid_t child = fork();

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
    kill(getppid(), SIGKILL);
    forever();
}

static void stop_keeper(void)
{
    kill(getppid(), SIGSTOP);
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

    for (size_t i = 0; name != NULL && i < sizeof roles / sizeof *roles; i++)
        if (strcmp(roles[i].name, name) == 0)
            roles[i].play();
    if (name != NULL)
        _exit(99);
}

/* ---- how they are run ------------------------------------------------ */

/* One run; freed with run_free(). */
struct run {
    void *ctx;
    char exe[4096], folder[64], role[64], mark[64], record[128];
    char *argv[4], *envp[8];
    struct box_spec spec;
    struct box_result result;
};

static void use_keeper(void)
{
    static char path[4200];
    const char *places[] = {"%s/keeper", "%s/../keeper", "build/keeper"};
    char exe[4096];
    ssize_t size = readlink("/proc/self/exe", exe, sizeof exe - 1);

    if (getenv("KEEPER") != NULL) {
        leash_keeper(getenv("KEEPER"));
        return;
    }
    exe[size > 0 ? size : 0] = '\0';
    *strrchr(exe, '/') = '\0';
    for (int i = 0; i < 3; i++) {
        snprintf(path, sizeof path, i == 0 ? "%s/keeper" : "%s/../keeper", exe);
        if (i == 2)
            strcpy(path, places[2]);
        if (access(path, X_OK) == 0)
            break;
    }
    leash_keeper(path);
}

static struct run *run_new(const char *role)
{
    static atomic_int number;
    struct run *run = calloc(1, sizeof *run);
    ssize_t size = readlink("/proc/self/exe", run->exe, sizeof run->exe - 1);

    cr_assert(size > 0);
    strcpy(run->folder, "/tmp/test_box.XXXXXX");
    cr_assert(mkdtemp(run->folder) != NULL);
    run->ctx = talloc_new(NULL);
    snprintf(run->role, sizeof run->role, "BOX_ROLE=%s", role);
    snprintf(run->mark, sizeof run->mark, "BOX_MARK=%d.%d", (int)getpid(),
             atomic_fetch_add(&number, 1));
    run->argv[0] = run->exe;
    run->envp[0] = run->role;
    run->envp[1] = run->mark;
    run->envp[2] = (char *)"PATH=/usr/bin:/bin";
    run->spec.argv = run->argv;
    run->spec.envp = run->envp;
    run->spec.dir = run->folder;
    run->spec.limits = (struct box_limits){
        .cpu_seconds = 20, .wall_seconds = 60, .output_bytes = MB};
    return run;
}

/* A command of the shell, with the same limits. */
static struct run *run_new_shell(const char *command)
{
    struct run *run = run_new("");

    run->argv[0] = (char *)"sh";
    run->argv[1] = (char *)"-c";
    run->argv[2] = (char *)command;
    return run;
}

static int remove_one(const char *path, const struct stat *info, int type,
                      struct FTW *where)
{
    (void)info, (void)type, (void)where;
    return remove(path);
}

static void run_free(struct run *run)
{
    cr_assert(nftw(run->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS) == 0);
    talloc_free(run->ctx);
    free(run);
}

/* Processes, zombies apart, that have this run's mark. */
static int marked(const struct run *run)
{
    DIR *dir = opendir("/proc");
    struct dirent *entry;
    int count = 0;

    while ((entry = readdir(dir)) != NULL) {
        char path[300], text[16384];
        ssize_t size;
        int fd;

        if (!isdigit((unsigned char)entry->d_name[0]))
            continue;
        snprintf(path, sizeof path, "/proc/%s/environ", entry->d_name);
        fd = open(path, O_RDONLY);
        size = fd < 0 ? -1 : read(fd, text, sizeof text);
        if (size > 0 && memmem(text, (size_t)size, run->mark,
                               strlen(run->mark) + 1) != NULL)
            count++;
        if (fd >= 0)
            close(fd);
    }
    closedir(dir);
    return count;
}

static int children_of_ours(void)
{
    struct family family = {0};
    int count;

    cr_assert(family_children(&family, getpid()) == 0);
    count = (int)family.count - 1;
    family_free(&family);
    return count;
}

/* Runs it; whatever it is, nothing may be left afterwards. */
static const struct box_result *go(struct run *run)
{
    int before = children_of_ours();
    int status = box_run(run->ctx, &run->spec, &run->result);

    cr_assert_eq(status, run->result.end == BOX_FAILED ? -1 : 0);
    cr_assert_eq(marked(run), 0, "%s: something is left", run->role);
    cr_assert(children_of_ours() <= before, "%s: a child is left", run->role);
    cr_assert(run->result.out.data[run->result.out.size] == '\0');
    cr_assert(run->result.err.data[run->result.err.size] == '\0');
    cr_assert(run->result.record.data[run->result.record.size] == '\0');
    return &run->result;
}

static void expect_end(const struct box_result *result, enum box_end end,
                       int code)
{
    cr_assert_eq(result->end, end, "end %d, not %d: code %d, %s", result->end,
                 end, result->code, result->why ? result->why : "");
    if (code >= 0)
        cr_assert_eq(result->code, code, "code %d, not %d", result->code, code);
}

TestSuite(box, .init = use_keeper, .timeout = 120);

/* ---- ordinary programs ------------------------------------------------ */

Test(box, keeps_what_is_printed_and_the_exit_status)
{
    struct run *run = run_new_shell("echo out; echo err >&2; exit 7");
    const struct box_result *result = go(run);

    expect_end(result, BOX_EXITED, 7);
    cr_assert_str_eq(result->out.data, "out\n");
    cr_assert_str_eq(result->err.data, "err\n");
    cr_assert_eq(result->left, 0);
    cr_assert(!result->out.cut);
    cr_assert(result->why == NULL);
    cr_assert(result->wall_seconds > 0 && result->cpu_seconds > 0);
    cr_assert(result->peak_memory > 0);
    run_free(run);
}

Test(box, runs_in_the_folder_with_the_environment_given)
{
    struct run *run = run_new_shell("pwd; echo $BOX_MARK; echo $HOME");
    const struct box_result *result = go(run);
    char expected[256];

    snprintf(expected, sizeof expected, "%s\n%s\n\n", run->folder,
             strchr(run->mark, '=') + 1);
    cr_assert_str_eq(result->out.data, expected);
    run_free(run);
}

Test(box, tells_the_signal_of_a_crash)
{
    struct run *run = run_new("crash");

    expect_end(go(run), BOX_SIGNALLED, SIGSEGV);
    run_free(run);
}

Test(box, gives_clean_signals_and_no_descriptor)
{
    struct run *run = run_new("show inheritance");
    sigset_t all, before;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    signal(SIGPIPE, SIG_IGN);
    cr_assert(dup(2) >= 0); /* without O_CLOEXEC */
    go(run);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    cr_assert_str_eq(
        run->result.out.data,
        "ignored 0 blocked 0 descriptors 0 stdin empty leader 1\n");
    run_free(run);
}

Test(box, says_which_program_it_cannot_start)
{
    struct run *run = run_new_shell("");
    const struct box_result *result;

    run->argv[0] = (char *)"no-such-compiler";
    result = go(run);
    expect_end(result, BOX_FAILED, -1);
    cr_assert(strstr(result->why, "no-such-compiler") != NULL);
    cr_assert(strstr(result->why, "No such file") != NULL);
    run_free(run);
}

Test(box, says_which_folder_it_cannot_enter)
{
    struct run *run = run_new_shell("true");
    const struct box_result *result;

    run->spec.dir = "/no/such/folder";
    result = go(run);
    expect_end(result, BOX_FAILED, -1);
    cr_assert(strstr(result->why, "/no/such/folder") != NULL);
    run_free(run);
}

Test(box, says_that_the_keeper_is_missing)
{
    struct run *run = run_new_shell("true");
    const struct box_result *result;

    leash_keeper("/no/such/keeper");
    result = go(run);
    expect_end(result, BOX_FAILED, -1);
    cr_assert(strstr(result->why, "/no/such/keeper") != NULL);
    run_free(run);
}

/* ---- limits ------------------------------------------------------------ */

Test(box, stops_a_sleeper_at_the_wall)
{
    struct run *run = run_new("forever");

    run->spec.limits.wall_seconds = 0.3;
    expect_end(go(run), BOX_WALL, -1);
    cr_assert(run->result.wall_seconds >= 0.3);
    run_free(run);
}

Test(box, stops_who_ignores_signals)
{
    struct run *run = run_new("ignore all");

    run->spec.limits.wall_seconds = 0.3;
    expect_end(go(run), BOX_WALL, -1);
    run_free(run);
}

Test(box, stops_who_has_closed_all_descriptors)
{
    struct run *run = run_new("close all");

    run->spec.limits.wall_seconds = 0.3;
    expect_end(go(run), BOX_WALL, -1);
    run_free(run);
}

Test(box, stops_who_has_stopped_itself)
{
    struct run *run = run_new("stop self");

    run->spec.limits.wall_seconds = 0.3;
    expect_end(go(run), BOX_WALL, -1);
    run_free(run);
}

Test(box, counts_the_cpu_time_of_all_processes)
{
    struct run *run = run_new("spin in three");

    run->spec.limits.cpu_seconds = 0.5;
    expect_end(go(run), BOX_CPU, -1);
    cr_assert(run->result.cpu_seconds > 0.45, "%f", run->result.cpu_seconds);
    run_free(run);
}

Test(box, counts_the_cpu_time_of_processes_that_ended)
{
    struct run *run = run_new("spin in turns");

    run->spec.limits.cpu_seconds = 0.5;
    expect_end(go(run), BOX_CPU, -1);
    run_free(run);
}

Test(box, stops_who_takes_too_much_memory)
{
    struct run *run = run_new("hog");

    run->spec.limits.memory_bytes = 100 * MB;
    expect_end(go(run), BOX_MEMORY, -1);
    cr_assert(run->result.peak_memory > 100 * MB);
    run_free(run);
}

Test(box, sees_memory_after_the_first_thread_has_ended)
{
    struct run *run = run_new("hog in thread");

    run->spec.limits.memory_bytes = 100 * MB;
    expect_end(go(run), BOX_MEMORY, -1);
    run_free(run);
}

Test(box, sees_too_much_memory_even_between_two_ticks)
{
    struct run *run = run_new("big and quick");

    run->spec.limits.memory_bytes = 32 * MB;
    expect_end(go(run), BOX_MEMORY, -1);
    run_free(run);
}

Test(box, cuts_output_and_goes_on)
{
    struct run *run = run_new("print 100000");
    const struct box_result *result;

    run->spec.limits.output_bytes = 50000;
    result = go(run);
    expect_end(result, BOX_EXITED, 0);
    cr_assert_eq(result->out.size, 50000);
    cr_assert_eq(result->err.size, 50000);
    cr_assert(result->out.cut && result->err.cut);
    run_free(run);
}

Test(box, does_not_cut_output_that_fits_exactly)
{
    struct run *run = run_new("print 100000");
    const struct box_result *result;

    run->spec.limits.output_bytes = 100000;
    result = go(run);
    cr_assert_eq(result->out.size, 100000);
    cr_assert(!result->out.cut && !result->err.cut);
    run_free(run);
}

Test(box, stops_a_flood)
{
    struct run *run = run_new("flood");
    const struct box_result *result;

    run->spec.limits.output_bytes = 10000;
    result = go(run);
    expect_end(result, BOX_OUTPUT, -1);
    cr_assert_eq(result->out.size, 10000);
    cr_assert(result->out.cut);
    run_free(run);
}

Test(box, judges_a_flood_the_same_however_quick_it_was)
{
    struct run *run = run_new("print 100000");

    run->spec.limits.output_bytes = 1000;
    expect_end(go(run), BOX_OUTPUT, -1);
    run_free(run);
}

Test(box, stops_who_writes_one_big_file)
{
    struct run *run = run_new("fill one");

    run->spec.limits.file_bytes = 4 * MB;
    expect_end(go(run), BOX_FILES, -1);
    run_free(run);
}

Test(box, stops_who_writes_many_files)
{
    struct run *run = run_new("fill many");

    run->spec.limits.file_bytes = 4 * MB;
    expect_end(go(run), BOX_FILES, -1);
    run_free(run);
}

Test(box, stops_a_fork_bomb)
{
    struct run *run = run_new("fork bomb");

    run->spec.limits.processes = 50;
    expect_end(go(run), BOX_PROCESSES, -1);
    run_free(run);
}

Test(box, stops_a_bomb_of_sessions)
{
    struct run *run = run_new("session bomb");

    run->spec.limits.processes = 50;
    expect_end(go(run), BOX_PROCESSES, -1);
    run_free(run);
}

Test(box, counts_threads_as_well)
{
    struct run *run = run_new("thread bomb");

    run->spec.limits.processes = 50;
    expect_end(go(run), BOX_PROCESSES, -1);
    run_free(run);
}

/* ---- what is left ------------------------------------------------------- */

Test(box, removes_a_daemon_and_counts_it)
{
    struct run *run = run_new("leave daemon");

    expect_end(go(run), BOX_EXITED, 5);
    cr_assert_eq(run->result.left, 1);
    run_free(run);
}

Test(box, does_not_wait_for_who_holds_stdout)
{
    struct run *run = run_new("leave daemon with stdout");

    expect_end(go(run), BOX_EXITED, 5);
    cr_assert_eq(run->result.left, 1);
    cr_assert(run->result.wall_seconds < 30);
    run_free(run);
}

Test(box, does_not_count_a_zombie_as_left)
{
    struct run *run = run_new("leave zombie");

    expect_end(go(run), BOX_EXITED, 0);
    cr_assert_eq(run->result.left, 0);
    run_free(run);
}

Test(box, does_not_count_as_left_what_was_killed)
{
    for (int i = 0; i < 20; i++) {
        struct run *run = run_new("leave killed");

        expect_end(go(run), BOX_EXITED, 0);
        cr_assert_eq(run->result.left, 0);
        run_free(run);
    }
}

Test(box, works_without_the_kernels_lists_of_children)
{
    struct run *run = run_new("leave daemon");

    family_look_at_all = true;
    expect_end(go(run), BOX_EXITED, 5);
    run_free(run);
    run = run_new("spin in three");
    run->spec.limits.cpu_seconds = 0.3;
    expect_end(go(run), BOX_CPU, -1);
    run_free(run);
}

/* ---- keeper and grader --------------------------------------------------- */

Test(box, survives_the_death_of_its_keeper)
{
    for (int i = 0; i < 5; i++) {
        struct run *run = run_new("kill keeper");

        expect_end(go(run), BOX_SIGNALLED, SIGKILL);
        cr_assert(strstr(run->result.why, "killed") != NULL);
        run_free(run);
    }
}

Test(box, wakes_a_keeper_that_was_stopped)
{
    struct run *run = run_new("stop keeper");

    expect_end(go(run), BOX_EXITED, 3);
    run_free(run);
}

/* Waits up to 20 s for the number of marked processes. */
static bool comes_to(const struct run *run, bool any)
{
    for (int i = 0; i < 2000; i++) {
        if ((marked(run) > 0) == any)
            return true;
        usleep(10000);
    }
    return false;
}

Test(box, leaves_nothing_when_the_grader_is_killed)
{
    const char *names[] = {"spin in three", "session bomb", "ignore all"};

    for (int i = 0; i < 3; i++) {
        struct run *run = run_new(names[i]);
        pid_t grader;

        grader = fork();
        if (grader == 0) {
            box_run(run->ctx, &run->spec, &run->result);
            _exit(0);
        }
        cr_assert(comes_to(run, true));
        if (i != 1)
            usleep(50000);
        kill(grader, SIGKILL);
        waitpid(grader, NULL, 0);
        cr_assert(comes_to(run, false), "%s is left", names[i]);
        run_free(run);
    }
}

/* ---- watching ------------------------------------------------------------ */

struct seen {
    pid_t program;
    int ticks;
    size_t size;
    char data[64];
    bool stop_at_record;
    int stop_at_tick;
};

static enum box_word look(void *state, pid_t program, const char *data,
                          size_t size)
{
    struct seen *seen = state;

    seen->program = program;
    if (size == 0) {
        seen->ticks++;
        return seen->ticks == seen->stop_at_tick ? BOX_STOP : BOX_GO_ON;
    }
    memcpy(seen->data + seen->size, data, size);
    seen->size += size;
    return seen->stop_at_record ? BOX_STOP : BOX_GO_ON;
}

static struct run *run_new_watched(const char *role, struct seen *seen)
{
    struct run *run = run_new(role);

    snprintf(run->record, sizeof run->record, "RECORD=%s/record", run->folder);
    run->envp[3] = run->record;
    run->spec.record = run->record + strlen("RECORD=");
    cr_assert(mkfifo(run->spec.record, 0600) == 0);
    run->spec.watch.look = look;
    run->spec.watch.state = seen;
    return run;
}

Test(box, passes_on_the_record_and_keeps_it)
{
    struct seen seen = {0};
    struct run *run = run_new_watched("write record", &seen);

    expect_end(go(run), BOX_EXITED, 0);
    cr_assert_str_eq(run->result.record.data, "one\ntwo\n");
    cr_assert_str_eq(seen.data, "one\ntwo\n");
    cr_assert(seen.program > 0);
    run_free(run);
}

Test(box, stops_at_once_when_the_watcher_has_read_enough)
{
    struct seen seen = {.stop_at_record = true};
    struct run *run = run_new_watched("write record", &seen);

    run->envp[4] = (char *)"STAY=1";
    expect_end(go(run), BOX_STOPPED, -1);
    cr_assert(run->result.record.size >= 4);
    run_free(run);
}

Test(box, calls_the_watcher_on_every_tick)
{
    struct seen seen = {.stop_at_tick = 5};
    struct run *run = run_new_watched("forever", &seen);

    expect_end(go(run), BOX_STOPPED, -1);
    cr_assert_eq(seen.ticks, 5);
    cr_assert(run->result.wall_seconds > 0.08);
    run_free(run);
}

static void *interrupt_soon(void *unused)
{
    usleep(100000);
    box_interrupt();
    return unused;
}

Test(box, ends_soon_and_for_ever_when_interrupted)
{
    struct run *run = run_new("forever");
    pthread_t thread;

    cr_assert(!box_interrupted());
    pthread_create(&thread, NULL, interrupt_soon, NULL);
    expect_end(go(run), BOX_INTERRUPTED, -1);
    pthread_join(thread, NULL);
    cr_assert(run->result.wall_seconds < 30);
    cr_assert(box_interrupted());
    run_free(run);
    run = run_new("forever");
    expect_end(go(run), BOX_INTERRUPTED, -1);
    run_free(run);
}

/* ---- many at one time ------------------------------------------------------
 */

static atomic_int next_box;

/* Roles that end in different ways, drawn in turn. */
static void *run_several(void *unused)
{
    int number;

    while ((number = atomic_fetch_add(&next_box, 1)) < 50) {
        struct run *run;

        if (number % 5 == 0) {
            run = run_new("leave daemon with stdout");
        } else if (number % 5 == 1) {
            run = run_new("forever");
            run->spec.limits.wall_seconds = 0.2;
        } else if (number % 5 == 2) {
            run = run_new("print 100000");
        } else if (number % 5 == 3) {
            run = run_new("show inheritance");
        } else {
            run = run_new("kill keeper");
        }
        box_run(run->ctx, &run->spec, &run->result);
        cr_assert_eq(marked(run), 0);
        if (number % 5 == 0)
            expect_end(&run->result, BOX_EXITED, 5);
        else if (number % 5 == 1)
            expect_end(&run->result, BOX_WALL, -1);
        else if (number % 5 == 2)
            cr_assert_eq(run->result.out.size, 100000);
        else if (number % 5 == 3)
            cr_assert(strstr(run->result.out.data, "descriptors 0") != NULL,
                      "%s", run->result.out.data);
        else
            expect_end(&run->result, BOX_SIGNALLED, SIGKILL);
        run_free(run);
    }
    return unused;
}

Test(box, serves_many_threads)
{
    pthread_t threads[8];

    for (int i = 0; i < 8; i++)
        pthread_create(&threads[i], NULL, run_several, NULL);
    for (int i = 0; i < 8; i++)
        pthread_join(threads[i], NULL);
    cr_assert_eq(children_of_ours(), 0);
}

static void *run_one(void *state)
{
    struct run *run = state;

    box_run(run->ctx, &run->spec, &run->result);
    return NULL;
}

Test(box, holds_a_hundred_at_one_time)
{
    pthread_t threads[100];
    struct run *runs[100];

    for (int i = 0; i < 100; i++) {
        runs[i] = run_new_shell("echo $$; sleep 0.5");
        pthread_create(&threads[i], NULL, run_one, runs[i]);
    }
    for (int i = 0; i < 100; i++) {
        pthread_join(threads[i], NULL);
        expect_end(&runs[i]->result, BOX_EXITED, 0);
        cr_assert(runs[i]->result.out.size > 0);
        run_free(runs[i]);
    }
    cr_assert_eq(children_of_ours(), 0);
}
