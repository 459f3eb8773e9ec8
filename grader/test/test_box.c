/* test_box.c - the box with ordinary programs, watchers, and many at a time */
#define _GNU_SOURCE
#include <criterion/criterion.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../leash.h"
#include "test_box.h"

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

/* ---- watching ------------------------------------------------------------ */

struct seen {
    pid_t program;
    int ticks;
    size_t size;
    char data[64];
    bool stop_at_record;
    int stop_at_tick;
};

static enum box_word look(void *state, const struct box_sight *sight)
{
    struct seen *seen = state;

    seen->program = sight->program;
    if (sight->size == 0) {
        seen->ticks++;
        return seen->ticks == seen->stop_at_tick ? BOX_STOP : BOX_GO_ON;
    }
    memcpy(seen->data + seen->size, sight->data, sight->size);
    seen->size += sight->size;
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

#define BOXES 50

static struct run *boxes[BOXES];
static atomic_int next_box, still_marked;

static void *run_several(void *unused)
{
    int i;

    while ((i = atomic_fetch_add(&next_box, 1)) < BOXES) {
        box_run(boxes[i]->ctx, &boxes[i]->spec, &boxes[i]->result);
        atomic_fetch_add(&still_marked, marked(boxes[i]));
    }
    return unused;
}

static void check_one_of_many(const struct box_result *result, int way)
{
    if (way == 0)
        expect_end(result, BOX_EXITED, 5);
    else if (way == 1)
        expect_end(result, BOX_WALL, -1);
    else if (way == 2)
        cr_assert_eq(result->out.size, 100000);
    else if (way == 3)
        cr_assert(strstr(result->out.data, "descriptors 0") != NULL);
    else
        expect_end(result, BOX_SIGNALLED, SIGKILL);
}

Test(box, serves_many_threads)
{
    static const char *const names[] = {"leave daemon with stdout", "forever",
                                        "print 100000", "show inheritance",
                                        "kill keeper"};
    pthread_t threads[8];

    for (int i = 0; i < BOXES; i++) {
        boxes[i] = run_new(names[i % 5]);
        if (i % 5 == 1)
            boxes[i]->spec.limits.wall_seconds = 0.2;
    }
    for (int i = 0; i < 8; i++)
        pthread_create(&threads[i], NULL, run_several, NULL);
    for (int i = 0; i < 8; i++)
        pthread_join(threads[i], NULL);
    cr_assert_eq(still_marked, 0);
    cr_assert_eq(children_of_ours(), 0);
    for (int i = 0; i < BOXES; i++) {
        check_one_of_many(&boxes[i]->result, i % 5);
        run_free(boxes[i]);
    }
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
