/*
 * examine.c - see examine.h.
 *
 * First the file is compiled by gcc and by clang at the same time; if either
 * refuses, that is the verdict. Then each look is a thread, and slots.c says
 * whose box runs next: the one whose result is wanted first. What reads the
 * clock comes last and alone.
 */
#define _GNU_SOURCE
#include "examine.h"

#include <pthread.h>
#include <string.h>
#include <talloc.h>

#include "collect.h"
#include "lenses.h"
#include "machine.h"
#include "object.h"
#include "run.h"
#include "work.h"

/* In the order in which their results are shown. */
static const struct {
    enum lens lens;
    void (*run)(struct look *look);
    bool measured; /* for checks that rest on the workload, not on tests */
} kinds[] = {
    {LENS_BEHAVIOUR, look_gcc, false},
    {LENS_BEHAVIOUR, look_clang, false},
    {LENS_BEHAVIOUR, look_patient, false},
    {LENS_TSAN, look_tsan, false},
    {LENS_HELGRIND, look_helgrind, false},
    {LENS_MEMORY, look_memory, false},
    {LENS_FAULTS, look_faults, false},
    {LENS_INTERLEAVINGS, look_interleavings, false},
    {LENS_SPEED, look_overlap, false},
    {LENS_SPEED, look_timed, true},
};

enum { KINDS = sizeof kinds / sizeof kinds[0] };

struct compilation {
    void *ctx;
    struct lab *lab;
    enum object_kind kind;
    struct diagnostics *diagnostics;
    const char *why;
    int status;
};

static void *compile(void *argument)
{
    struct compilation *job = argument;

    job->status = build_object(job->ctx, job->lab, job->kind, job->diagnostics,
                               &job->why);
    return NULL;
}

static void refuse(struct evidence *evidence, const char *why,
                   const struct place *place)
{
    evidence->built = false;
    if (evidence->build_trouble == NULL)
        evidence->build_trouble = why;
    if (place != NULL)
        evidence->build_place = *place;
}

/* Compiles with both compilers at one time. */
static void compile_both(void *ctx, struct lab *lab, struct evidence *evidence)
{
    struct compilation jobs[2] = {
        {.lab = lab, .kind = OBJECT_GCC, .diagnostics = &evidence->gcc},
        {.lab = lab, .kind = OBJECT_CLANG, .diagnostics = &evidence->clang},
    };
    pthread_t other;
    bool threaded;

    for (int i = 0; i < 2; i++)
        jobs[i].ctx = talloc_new(ctx);
    threaded = pthread_create(&other, NULL, compile, &jobs[1]) == 0;
    compile(&jobs[0]);
    if (threaded)
        pthread_join(other, NULL);
    else
        compile(&jobs[1]);
    evidence->built = true;
    for (int i = 0; i < 2; i++) {
        if (jobs[i].status > 0)
            refuse(evidence, jobs[i].why, NULL);
        if (jobs[i].status < 0)
            evidence->fault = jobs[i].why;
    }
}

/* Linking tells whether the promised functions are there. */
static void try_link(void *ctx, struct lab *lab, struct evidence *evidence)
{
    struct place place = {0};
    const char *why = NULL;

    if (build_program(ctx, lab, PROGRAM_PLAIN, &why, &place) == NULL)
        refuse(evidence, why, place.line > 0 ? &place : NULL);
}

static void *look_thread(void *look)
{
    ((struct look *)look)->run(look);
    return NULL;
}

static bool wanted(const struct check *check, enum lens lens, bool measured)
{
    return (check->lenses & (1u << lens)) != 0 && check->measured == measured;
}

/* true when a check that wants this lens rests on the test */
static bool rests_on(const struct exercise *exercise, enum lens lens,
                     const char *test)
{
    for (size_t c = 0; c < exercise->check_count; c++) {
        const struct check *check = &exercise->checks[c];

        if (wanted(check, lens, false) && exercise_covers(&check->tests, test))
            return true;
    }
    return false;
}

static void choose_tests(struct look *look, const struct expectations *all)
{
    look->tests = talloc_zero_array(look->ctx, const char *,
                                    (unsigned)all->test_count + 1);
    for (size_t i = 0; i < all->test_count; i++)
        if (rests_on(look->lab->exercise, look->lens, all->tests[i]))
            look->tests[look->test_count++] = all->tests[i];
}

static void collect_look(void *ctx, struct evidence *evidence,
                         const struct look *look)
{
    for (size_t i = 0; i < look->count; i++) {
        evidence->runs = talloc_realloc(ctx, evidence->runs, struct run,
                                        (unsigned)evidence->count + 1);
        evidence->runs[evidence->count++] = look->runs[i];
    }
    if (look->fault != NULL && evidence->fault == NULL)
        evidence->fault = look->fault;
    if (look->cannot != NULL)
        evidence->machine_cannot[look->lens] = look->cannot;
    if (look->timed.wanted)
        evidence->timed = look->timed;
}

/*
 * A race that Helgrind alone has seen: its eye is sharper for what happens
 * far apart in time, and it accuses some right programs. ThreadSanitizer
 * gets more turns to agree.
 */
static void ask_tsan_again(struct look *looks)
{
    struct look *tsan = NULL, *helgrind = NULL;

    for (int i = 0; i < KINDS; i++) {
        if (looks[i].lens == LENS_TSAN && looks[i].test_count > 0)
            tsan = &looks[i];
        if (looks[i].lens == LENS_HELGRIND && looks[i].test_count > 0)
            helgrind = &looks[i];
    }
    if (tsan != NULL && helgrind != NULL && tsan->cannot == NULL &&
        look_has(helgrind, BUG_RACE) && !look_has(tsan, BUG_RACE))
        look_tsan_again(tsan, 20);
}

static bool any_measured(const struct exercise *exercise)
{
    for (size_t i = 0; i < exercise->check_count; i++)
        if (wanted(&exercise->checks[i], LENS_SPEED, true))
            return true;
    return false;
}

static void run_looks(void *ctx, struct lab *lab,
                      const struct examination *what,
                      const struct expectations *all, struct evidence *evidence)
{
    struct look looks[KINDS] = {{0}};
    pthread_t threads[KINDS];
    bool asked[KINDS] = {false}, threaded[KINDS] = {false};

    for (int i = 0; i < KINDS; i++) {
        looks[i].lab = lab;
        looks[i].lens = kinds[i].lens;
        looks[i].run = kinds[i].run;
        looks[i].ctx = talloc_new(ctx);
        if ((what->lenses & (1u << kinds[i].lens)) != 0)
            choose_tests(&looks[i], all);
        asked[i] = kinds[i].measured ? (what->lenses & 1u << LENS_SPEED) != 0 &&
                                           any_measured(lab->exercise)
                                     : looks[i].test_count > 0;
        if (!asked[i])
            continue;
        threaded[i] =
            pthread_create(&threads[i], NULL, look_thread, &looks[i]) == 0;
        if (!threaded[i])
            looks[i].run(&looks[i]);
    }
    for (int i = 0; i < KINDS; i++) {
        if (threaded[i])
            pthread_join(threads[i], NULL);
        if (asked[i] && what->progress != NULL &&
            (i + 1 == KINDS || kinds[i + 1].lens != kinds[i].lens))
            what->progress(what->state, kinds[i].lens);
    }
    ask_tsan_again(looks);
    for (int i = 0; i < KINDS; i++)
        collect_look(ctx, evidence, &looks[i]);
}

/* Properties without which a figure for speed has no meaning. */
static bool comes_first(const struct row *row)
{
    enum property property = row->check->property;

    return property == PROPERTY_RESULTS || property == PROPERTY_RACE ||
           property == PROPERTY_DEADLOCK || property == PROPERTY_SCHEDULES;
}

/* The stopwatch is for answers that are right, when all else has been done. */
static void measure(void *ctx, struct lab *lab, struct evidence *evidence)
{
    struct look look = {.lab = lab, .lens = LENS_SPEED, .ctx = ctx};
    struct verdict so_far;

    if (!evidence->timed.complete || evidence->fault != NULL ||
        box_interrupted())
        return;
    so_far = judge(ctx, lab->exercise, evidence);
    for (size_t i = 0; i < so_far.row_count; i++)
        if (so_far.rows[i].status == STATUS_FAIL &&
            comes_first(&so_far.rows[i]))
            return;
    look_speed(&look);
    evidence->speed = look.speed;
    if (look.fault != NULL)
        evidence->fault = look.fault;
}

/* Atomics are seen in ThreadSanitizer's object only; Helgrind's word needs
 * it too. */
static void compile_for_tsan(void *ctx, struct lab *lab, unsigned lenses)
{
    struct diagnostics unused;
    const char *why;

    if ((lenses & 1u << LENS_HELGRIND) && !(lenses & 1u << LENS_TSAN))
        build_object(ctx, lab, OBJECT_TSAN, &unused, &why);
}

static bool needs_any(const struct object *object, const char *const *names)
{
    for (size_t i = 0; names[i] != NULL; i++)
        if (object_needs(object, names[i]))
            return true;
    return false;
}

/* Tries never wait, so the order in which they come is no lock order. */
static const char *const tries[] = {
    "il_pthread_mutex_trylock", "il_pthread_mutex_timedlock",
    "il_pthread_rwlock_try*", "il_pthread_spin_trylock", NULL};

/* Neither tool of this age knows these. */
static const char *const unknown_locks[] = {"il_pthread_mutex_clocklock",
                                            "pthread_rwlock_clock*",
                                            "il_sem_clockwait", NULL};

/* What gives an order that Helgrind does not see, though TSan does. */
static const char *const unseen_by_helgrind[] = {"pipe*",
                                                 "eventfd",
                                                 "socket*",
                                                 "il_sem_trywait",
                                                 "il_sem_timed*",
                                                 "pthread_once",
                                                 "il_pthread_cond_clockwait",
                                                 "pthread_tryjoin_np",
                                                 "pthread_timedjoin_np",
                                                 "pthread_clockjoin_np",
                                                 NULL};

/* What the answer calls decides how far a tool's word is taken. */
static void look_into_objects(void *ctx, struct lab *lab,
                              struct evidence *evidence)
{
    struct object *plain =
        object_read(ctx, build_object_path(ctx, lab, OBJECT_GCC));
    struct object *tsan =
        object_read(ctx, build_object_path(ctx, lab, OBJECT_TSAN));

    if (plain != NULL) {
        evidence->uses_trylock = needs_any(plain, tries);
        evidence->uses_clocklock = needs_any(plain, unknown_locks);
        evidence->uses_unseen = needs_any(plain, unseen_by_helgrind);
        evidence->uses_semaphore = object_needs(plain, "il_sem_*");
        evidence->uses_c11_threads = object_needs(plain, "il_c11_*");
    }
    if (tsan != NULL) {
        evidence->uses_fence = object_needs(tsan, "__tsan_atomic_thread_fence");
        evidence->uses_atomics = object_needs(tsan, "__tsan_atomic*");
    }
}

static void look_through(void *ctx, struct lab *lab,
                         const struct examination *what,
                         struct evidence *evidence)
{
    struct expectations *all;

    evidence->fault = machine_cannot_watch();
    if (evidence->fault != NULL)
        return;
    compile_both(ctx, lab, evidence);
    if (evidence->built && evidence->fault == NULL)
        try_link(ctx, lab, evidence);
    if (what->progress != NULL)
        what->progress(what->state, LENS_BUILD);
    if (!evidence->built || evidence->fault != NULL)
        return;
    all = run_oracle(ctx, lab, what->seed, &evidence->fault);
    if (all != NULL)
        run_looks(ctx, lab, what, all, evidence);
    compile_for_tsan(ctx, lab, what->lenses);
    look_into_objects(ctx, lab, evidence);
    measure(ctx, lab, evidence);
}

int examine(void *ctx, const struct examination *what,
            struct evidence *evidence, const char **why)
{
    const char *copy =
        talloc_asprintf(ctx, "%s/%s", what->work, what->exercise->source);
    struct slots slots;
    struct lab lab;

    memset(evidence, 0, sizeof *evidence);
    evidence->lenses = what->lenses;
    evidence->seed = what->seed;
    switch (collect(ctx, what->source, copy, why)) {
    case COLLECT_OURS:
        return -1;
    case COLLECT_THEIRS:
        refuse(evidence, *why, NULL);
        return 0;
    case COLLECT_OK:
        break;
    }
    evidence->source = work_read(ctx, copy, COLLECT_MAX_BYTES, NULL);
    lab_open(&lab, &slots, what);
    look_through(ctx, &lab, what, evidence);
    lab_close(&lab);
    return 0;
}
