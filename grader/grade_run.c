/*
 * grade_run.c - a check for each student, as a child process.
 *
 * One process each: whatever an answer does to its own check, the others and
 * this program go on. A child has a process group of its own, so that Ctrl-C
 * reaches it only through us; it dies with us. Values reach it through the
 * environment; what it found comes back in its result file, and nothing that
 * it prints is read as a mark.
 *
 * Signals are blocked and waited for, one at a time, so there is no handler.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <talloc.h>
#include <time.h>
#include <unistd.h>

#include "grade.h"
#include "report.h"
#include "say.h"

/* A check ends by its own limits; this is for one that does not. */
#define LAST_RESORT_SECONDS 1800
#define GRACE_SECONDS       15 /* from Ctrl-C to SIGKILL */
#define COMPLAINT_BYTES     400

struct child {
    pid_t pid;
    struct entry *entry;
    time_t started;
    int complaints; /* its stderr, a file without a name */
};

struct school {
    void *ctx;
    struct grade *grade;
    struct child *children; /* `jobs` of them; pid 0: free */
    unsigned busy;
    size_t next, done;
    sigset_t signals, before;
    time_t interrupted; /* when, or 0 */
    bool terminal;
};

static time_t now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec;
}

/* ---- words ------------------------------------------------------------------
 */

static void clear_progress(const struct school *school)
{
    if (school->terminal)
        fputs("\r\033[K", stderr);
}

static void show_progress(const struct school *school)
{
    if (!school->terminal || school->interrupted)
        return;
    fprintf(stderr, "\r\033[K%zu of %zu graded, %u at work", school->done,
            school->grade->entries.count, school->busy);
    fflush(stderr);
}

static void show_entry(struct school *school, const struct entry *entry)
{
    void *ctx = talloc_new(NULL);

    school->done++;
    clear_progress(school);
    printf("%s  %s", report_clean(ctx, entry->student),
           grade_mark_name(entry->mark));
    if (entry->mark == MARK_ERROR)
        printf(": %s", report_clean(ctx, entry->reason));
    else
        printf("  %d of %d", entry->score, entry->max_score);
    putchar('\n');
    fflush(stdout);
    talloc_free(ctx);
}

/* ---- results ----------------------------------------------------------------
 */

static const char *result_path(struct school *school, const struct entry *entry)
{
    return talloc_asprintf(school->ctx, "%s/%s", school->grade->out,
                           entry->result);
}

/* No mark: the reason goes into a result file of our own making. */
static void refuse(struct school *school, struct entry *entry,
                   const char *reason)
{
    struct result_facts facts = {.exercise = school->grade->exercise->folder,
                                 .source = entry->source};
    json_t *json = report_json_error(&facts, reason);
    const char *why;

    entry->mark = MARK_ERROR;
    entry->reason = reason;
    if (report_json_write(school->ctx, result_path(school, entry), json,
                          &why) != 0)
        entry->reason = talloc_asprintf(school->ctx, "%s; and %s", reason, why);
    json_decref(json);
    show_entry(school, entry);
}

/* What the child complained of last, on one line. */
static const char *complaint(struct school *school, int fd)
{
    char text[COMPLAINT_BYTES + 1];
    off_t end = lseek(fd, 0, SEEK_END);
    off_t begin = end > COMPLAINT_BYTES ? end - COMPLAINT_BYTES : 0;
    ssize_t size = pread(fd, text, COMPLAINT_BYTES, begin);

    while (size > 0 && text[size - 1] == '\n')
        size--;
    if (size <= 0)
        return "it said nothing";
    text[size] = '\0';
    return report_clean(school->ctx, text);
}

static const char *how_it_ended(struct school *school, int status)
{
    if (WIFSIGNALED(status))
        return talloc_asprintf(school->ctx, "was ended by signal %d",
                               WTERMSIG(status));
    return talloc_asprintf(school->ctx, "ended with status %d",
                           WEXITSTATUS(status));
}

/* Reads the mark from the result file. Returns -1 when there is none. */
static int read_mark(struct school *school, struct entry *entry)
{
    json_t *json = json_load_file(result_path(school, entry), 0, NULL);
    const char *verdict = json_string_value(json_object_get(json, "verdict"));
    const char *message = json_string_value(json_object_get(json, "message"));
    json_t *score = json_object_get(json, "score");
    json_t *max_score = json_object_get(json, "max_score");
    int status = -1;

    if (verdict && json_is_integer(score) && json_is_integer(max_score)) {
        status = 0;
        entry->score = (int)json_integer_value(score);
        entry->max_score = (int)json_integer_value(max_score);
        if (strcmp(verdict, "pass") == 0) {
            entry->mark = MARK_PASS;
        } else if (strcmp(verdict, "fail") == 0) {
            entry->mark = MARK_FAIL;
        } else {
            entry->mark = MARK_ERROR;
            entry->reason =
                talloc_strdup(school->ctx, message ? message : "no reason");
        }
    }
    json_decref(json);
    return status;
}

/* The exit status and the file must tell the same. */
static bool status_fits(const struct entry *entry, int status)
{
    int wanted = entry->mark == MARK_PASS   ? STATUS_FULL_MARKS
                 : entry->mark == MARK_FAIL ? STATUS_FALLS_SHORT
                                            : STATUS_NO_WORK;

    return WIFEXITED(status) && WEXITSTATUS(status) == wanted;
}

static void finish(struct school *school, struct child *child, int status)
{
    struct entry *entry = child->entry;

    child->pid = 0;
    school->busy--;
    if (school->interrupted) {
        /* Only what was finished before it noticed is a mark. */
        if (read_mark(school, entry) == 0 && entry->mark != MARK_ERROR &&
            status_fits(entry, status)) {
            show_entry(school, entry);
        } else {
            entry->mark = MARK_NONE;
            unlink(result_path(school, entry));
        }
    } else if (read_mark(school, entry) == 0 && status_fits(entry, status)) {
        show_entry(school, entry);
    } else {
        refuse(school, entry,
               talloc_asprintf(school->ctx,
                               "the check %s and left no result: %s",
                               how_it_ended(school, status),
                               complaint(school, child->complaints)));
    }
    close(child->complaints);
}

/* ---- children ---------------------------------------------------------------
 */

/* In the child: becomes the check of one answer. Does not return. */
static void become_check(const struct school *school, const struct entry *entry,
                         const char *result, int complaints, pid_t parent)
{
    const struct grade *grade = school->grade;
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);

    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent)
        _exit(127);
    if (null < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0 ||
        dup2(complaints, 2) < 0)
        _exit(127);
    setenv("EX", grade->exercise->id, 1);
    setenv("SRC", entry->source, 1);
    setenv("RESULT", result, 1);
    setenv("JOBS", "1", 1);
    unsetenv("DIR");
    unsetenv("OUT");
    sigprocmask(SIG_SETMASK, &school->before, NULL);
    execl(grade->program, "interleave", "check", (char *)NULL);
    dprintf(2, "cannot run %s: %s", grade->program, strerror(errno));
    _exit(127);
}

static int start(struct school *school, struct child *child,
                 struct entry *entry)
{
    const char *result = result_path(school, entry);
    pid_t parent = getpid();

    child->complaints = memfd_create("complaints", MFD_CLOEXEC);
    if (child->complaints < 0)
        return -1;
    fflush(NULL);
    child->pid = fork();
    if (child->pid == 0)
        become_check(school, entry, result, child->complaints, parent);
    if (child->pid < 0) {
        child->pid = 0;
        close(child->complaints);
        return -1;
    }
    setpgid(child->pid, child->pid); /* whoever comes first */
    child->entry = entry;
    child->started = now();
    school->busy++;
    return 0;
}

/* Fills free places. An entry that cannot be started has no mark. */
static void start_some(struct school *school)
{
    struct grade *grade = school->grade;

    for (unsigned i = 0; i < grade->jobs && !school->interrupted; i++) {
        while (!school->children[i].pid &&
               school->next < grade->entries.count) {
            struct entry *entry = &grade->entries.items[school->next++];
            if (!entry->source)
                refuse(school, entry, entry->reason);
            else if (start(school, &school->children[i], entry) != 0)
                refuse(school, entry,
                       talloc_asprintf(school->ctx,
                                       "the check could not be started: %s",
                                       strerror(errno)));
        }
    }
}

static void reap(struct school *school)
{
    for (unsigned i = 0; i < school->grade->jobs; i++) {
        struct child *child = &school->children[i];
        int status;
        if (child->pid && waitpid(child->pid, &status, WNOHANG) == child->pid)
            finish(school, child, status);
    }
}

static void signal_all(struct school *school, int number)
{
    for (unsigned i = 0; i < school->grade->jobs; i++)
        if (school->children[i].pid)
            kill(school->children[i].pid, number);
}

/* Ends what should have ended long ago, or has not heard Ctrl-C. */
static void look_at_clock(struct school *school)
{
    time_t time = now();

    for (unsigned i = 0; i < school->grade->jobs; i++) {
        struct child *child = &school->children[i];
        if (!child->pid)
            continue;
        if (time - child->started > LAST_RESORT_SECONDS ||
            (school->interrupted && time - school->interrupted > GRACE_SECONDS))
            kill(-child->pid, SIGKILL);
    }
}

static void interrupt(struct school *school)
{
    clear_progress(school);
    if (!school->interrupted)
        fputs("stopping; what is done is kept\n", stderr);
    school->interrupted = now();
    school->grade->interrupted = true;
    signal_all(school, SIGINT);
}

static void work(struct school *school)
{
    start_some(school);
    while (school->busy > 0) {
        struct timespec tick = {1, 0};
        int number;
        show_progress(school);
        number = sigtimedwait(&school->signals, NULL, &tick);
        if (number > 0 && number != SIGCHLD)
            interrupt(school);
        reap(school);
        look_at_clock(school);
        start_some(school);
    }
    clear_progress(school);
}

void grade_run(void *ctx, struct grade *grade)
{
    struct school school = {.ctx = talloc_new(ctx), .grade = grade};

    if (grade->jobs == 0)
        grade->jobs = 1;
    school.terminal = isatty(STDERR_FILENO);
    school.children = talloc_zero_array(school.ctx, struct child, grade->jobs);
    sigemptyset(&school.signals);
    sigaddset(&school.signals, SIGCHLD);
    sigaddset(&school.signals, SIGINT);
    sigaddset(&school.signals, SIGTERM);
    sigaddset(&school.signals, SIGHUP);
    sigprocmask(SIG_BLOCK, &school.signals, &school.before);
    work(&school);
    sigprocmask(SIG_SETMASK, &school.before, NULL);
}
