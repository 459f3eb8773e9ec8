/*
 * words.c - what a student reads about a bug: in the words of the subject,
 * not of the tool. Races and deadlocks have files of their own.
 */
#include <string.h>
#include <talloc.h>

#include "judging.h"

#define MOST_LOCATIONS 6

const char *words_place(struct judging *judging, const struct place *place)
{
    const char *file = place->file ? place->file : "(unknown file)";

    if (place->line == 0)
        return say(judging, "%s", file);
    if (place->student)
        return say(judging, "line %d", place->line);
    return say(judging, "%s:%d", file, place->line);
}

/* Readers name places as they were compiled; "line 12" is enough for the
 * student's own. */
const char *words_in_lines(struct judging *judging, const char *text)
{
    const char *name = say(judging, "%s:", judging->exercise->source);
    char *out = talloc_strdup(judging->ctx, "");
    const char *at;

    while ((at = strstr(text, name))) {
        out = talloc_asprintf_append(out, "%.*sline ", (int)(at - text), text);
        text = at + strlen(name);
    }
    return talloc_strdup_append(out, text);
}

/* A word is a name and gets its quotes; a phrase reads as it is. */
const char *words_object(struct judging *judging, const char *object,
                         const char *otherwise)
{
    if (!object || !*object)
        return otherwise;
    if (strncmp(object, "block ", 6) == 0)
        return say(judging, "the %s", words_in_lines(judging, object));
    if (strchr(object, ' '))
        return object;
    return say(judging, "`%s`", object);
}

bool words_located(const struct finding *finding, const struct place *place)
{
    for (size_t i = 0; i < finding->location_count; i++) {
        const struct place *known = &finding->locations[i].place;
        if (known->line == place->line && known->file && place->file &&
            strcmp(known->file, place->file) == 0)
            return true;
    }
    return false;
}

void words_locate(struct judging *judging, struct finding *finding,
                  const struct place *place, const char *what)
{
    struct location *location;

    if (!place || finding->location_count >= MOST_LOCATIONS)
        return;
    finding->locations =
        talloc_realloc(judging->ctx, finding->locations, struct location,
                       finding->location_count + 1);
    location = &finding->locations[finding->location_count++];
    location->place = *place;
    location->what = what;
}

/* The place that stands for a side: the student's, else the kit's, or any. */
static const struct place *side_place(const struct side *side)
{
    const struct place *place = side_student(side);

    for (size_t i = 0; i < side->depth && !place; i++)
        if (side->stack[i].kit)
            place = &side->stack[i];
    for (size_t i = 0; i < side->depth && !place; i++)
        if (side->stack[i].file)
            place = &side->stack[i];
    return place;
}

static void locate_sides(struct judging *judging, struct trouble *trouble,
                         const char *first)
{
    const struct report *report = trouble->report;

    for (size_t i = 0; i < report->count; i++) {
        const struct side *side = &report->sides[i];
        const char *what = side->what ? side->what : "here";
        words_locate(judging, &trouble->finding, side_place(side),
                     i == 0 && first ? first : what);
    }
}

/* What the tools say of locks, and what it means. First match wins. */
static const struct {
    const char *a, *b; /* both in the tool's title */
    const char *message, *idea;
} misuses[] = {
    {"invalid", "",
     "A lock is used that was never initialised, or is destroyed already.",
     "A lock is made by pthread_mutex_init() (or its static initialiser) "
     "before the first thread can use it, and destroyed after the last."},
    {"unlock", "held by", "A thread unlocks a lock that another thread holds.",
     "Only the thread that took a lock may let it go."},
    {"unlock", "", "A lock is unlocked that nobody holds.",
     "Each unlock belongs to one lock before it, on every path."},
    {"destroy", "wait",
     "A condition variable is destroyed while somebody "
     "waits in it.",
     "First let every waiter go, then destroy."},
    {"destruction", "",
     "A condition variable is destroyed while somebody "
     "waits in it.",
     "First let every waiter go, then destroy."},
    {"destroy", "", "A lock is destroyed while it is held or still in use.",
     "A lock lives longer than everyone who uses it."},
    {"double lock", "", "A thread locks a lock that it holds already.",
     "An ordinary mutex is not recursive: its holder waits for itself."},
    {"still holds", "", "A thread ends while it still holds a lock.",
     "Whoever takes a lock lets it go on every path, also on the way out."},
    {"wait", "mutex",
     "A thread waits in a condition variable without "
     "holding the lock that belongs to it.",
     "pthread_cond_wait() lets the lock go and sleeps in one step; so the "
     "caller must hold it."},
    {"associated", "",
     "A condition variable is used with two different "
     "locks.",
     "All waiters of one condition variable use the same lock."},
    {"timedwait failed", "EINVAL",
     "pthread_cond_timedwait() refuses its time (EINVAL).",
     "The nanoseconds of a moment are at least 0 and fewer than 1,000,000,000: "
     "what is more belongs into the seconds, and so does what is less."},
    {"data race", "",
     "A lock or a condition is made or destroyed while another thread uses "
     "it.",
     "A lock lives longer than everyone who uses it."},
};
#define MISUSES (sizeof(misuses) / sizeof(misuses[0]))

static void misuse(struct judging *judging, struct trouble *trouble)
{
    const char *title = trouble->report->title ? trouble->report->title : "";
    struct finding *finding = &trouble->finding;

    finding->message =
        say(judging, "A lock is used in a way that is not allowed: %s.",
            *title ? title : "the tool gives no reason");
    finding->idea = "Each lock is taken, let go, waited with and destroyed by "
                    "fixed rules; POSIX leaves all else undefined.";
    for (size_t i = 0; i < MISUSES; i++) {
        if (!strstr(title, misuses[i].a) || !strstr(title, misuses[i].b))
            continue;
        finding->message = misuses[i].message;
        finding->idea = misuses[i].idea;
        break;
    }
    locate_sides(judging, trouble, NULL);
}

static void lock_order(struct judging *judging, struct trouble *trouble)
{
    struct finding *finding = &trouble->finding;

    finding->message =
        "Locks are taken in different orders. No deadlock happened in the "
        "tests; whether one can happen was not decided here.";
    finding->idea = "Two threads that take two locks in different orders can "
                    "wait for each other for ever.";
    locate_sides(judging, trouble, NULL);
}

static void dubious(struct judging *judging, struct trouble *trouble)
{
    trouble->finding.message =
        "A condition is signalled while its lock is not held. This is "
        "allowed, if what the waiter asks about was changed under the lock.";
    trouble->finding.idea = "The lock guards what the waiter asks about; the "
                            "signal itself needs no guard.";
    locate_sides(judging, trouble, "signals here");
}

static void memory(struct judging *judging, struct trouble *trouble)
{
    const struct report *report = trouble->report;
    struct finding *finding = &trouble->finding;
    const char *title = report->title ? report->title : "";
    const char *object = words_object(judging, report->object, NULL);

    if (finding->kind == BUG_BAD_ACCESS) {
        finding->message =
            say(judging, "The program %s memory that is not its own%s%s.",
                strstr(title, "rite") ? "writes" : "reads",
                object ? ": " : ", or no longer", object ? object : "");
        finding->idea = "A block may be used from malloc() to free(), within "
                        "its size, and by nobody after that.";
    } else if (finding->kind == BUG_BAD_FREE) {
        finding->message = "Memory is freed that was freed already, or was "
                           "never allocated.";
        finding->idea = "Each block has one owner, who frees it once.";
    } else if (finding->kind == BUG_UNINITIALISED) {
        finding->message = "What the program does here depends on a value "
                           "that was never set.";
        finding->idea = "Memory from malloc() and local variables hold "
                        "anything at all until they are set.";
    } else {
        finding->message = strcmp(title, "mapping") == 0
                               ? "Memory that mmap() gave is never given back."
                               : say(judging, "Memory is never freed%s%s.",
                                     object ? ": " : "", object ? object : "");
        finding->idea = "Each block has one owner, who frees it on every "
                        "path, also on those of errors.";
    }
    locate_sides(judging, trouble,
                 finding->kind == BUG_LEAK && strcmp(title, "mapping") != 0
                     ? "allocated here"
                     : NULL);
}

static void thread_leak(struct judging *judging, struct trouble *trouble)
{
    trouble->finding.message =
        "A thread is created that is neither joined nor detached.";
    trouble->finding.idea =
        "A thread that nobody joins may still be at work when its data are "
        "gone, and the system keeps its memory.";
    locate_sides(judging, trouble, "created here");
}

/* Crashes that have to do with the stack of a coroutine. */
static const struct {
    const char *title, *here, *idea, *help;
} stack_crashes[] = {
    {"overflow", "runs out of its stack here",
     "A coroutine's stack does not grow. What lies below it belongs to "
     "somebody else, if no guard page stops who goes too far.",
     "Is the stack as large as was asked for, and is its beginning (ss_sp) "
     "the lowest address of it? Or does a function call itself without end?"},
    {"no-stack", "crashes here",
     "Memory for a stack is there from before makecontext() until the "
     "coroutine has left it for the last time.",
     "ss_sp is the lowest address of the stack, ss_size what there is from "
     "there on. Who frees it, and who may still run on it then?"},
    {"own-stack", "freed here, by the coroutine that runs on it",
     "A function returns through its stack, so none can free the stack that "
     "it runs on: whoever goes on after it does that.",
     "Let the coroutine only note that it has ended, and leave. Its stack is "
     "freed on another one."},
};
#define STACK_CRASHES (sizeof(stack_crashes) / sizeof(stack_crashes[0]))

static bool stack_crash(struct judging *judging, struct trouble *trouble)
{
    const char *title = trouble->report->title;

    for (size_t i = 0; title && i < STACK_CRASHES; i++) {
        if (strcmp(stack_crashes[i].title, title) != 0)
            continue;
        trouble->finding.idea = stack_crashes[i].idea;
        trouble->finding.help = stack_crashes[i].help;
        locate_sides(judging, trouble, stack_crashes[i].here);
        return true;
    }
    return false;
}

static void crash(struct judging *judging, struct trouble *trouble)
{
    trouble->finding.message = say(judging, "The program crashes: %s.",
                                   words_signal(trouble->report->title, 0));
    if (stack_crash(judging, trouble))
        return;
    if (report_student_sides(trouble->report) == 0)
        trouble->finding.help =
            "No line of your file is known to it. Look at what your functions "
            "hand out and free: a pointer that is NULL, freed twice, or used "
            "after it was freed; the memory check may name the line.";
    locate_sides(judging, trouble, "crashes here");
}

static void loop(struct judging *judging, struct trouble *trouble)
{
    trouble->finding.message =
        "The program runs in a loop that does not end: its processor time was "
        "used up.";
    trouble->finding.idea =
        "Whatever would end the loop never happens. If it is to be done by "
        "another thread: who waits sleeps, in a lock, a condition variable or "
        "a join; a loop that asks again and again only keeps the others from "
        "running.";
    locate_sides(judging, trouble, NULL);
}

static void other(struct judging *judging, struct trouble *trouble)
{
    const char *title = trouble->report->title;

    /* half a race: it knows one of the two accesses only */
    trouble->finding.message =
        title && strstr(title, "ossible data race")
            ? say(judging,
                  "%s suspects a data race here, but cannot say with what.",
                  words_lens(trouble->report->lens))
            : say(judging, "%s reports: %s.", words_lens(trouble->report->lens),
                  title ? title : "something that the kit cannot read");
    locate_sides(judging, trouble, NULL);
}

static const char *const helps[] = {
    [BUG_RACE] =
        "Let every access happen under one and the same lock; or make it an "
        "atomic; or give each thread a variable of its own, and put them "
        "together after the join.",
    [BUG_LOCK_MISUSE] =
        "Follow each path through the function, also those of errors: one "
        "lock, one unlock, by the same thread.",
    [BUG_COND_MISUSE] = "Wait, and change what is waited for, with the lock "
                        "held: lock, while (!ready) wait, unlock.",
    [BUG_THREAD_LEAK] = "Join every thread that you create.",
    [BUG_BAD_ACCESS] = "Who frees this block, and who may still use it then? "
                       "Is the index within the bounds?",
    [BUG_BAD_FREE] = "Say for each block who owns it, and free it only there.",
    [BUG_UNINITIALISED] = "Set the value where it is declared or allocated.",
    [BUG_LEAK] = "Free the block on every path, and join the threads that "
                 "own one.",
    [BUG_CRASH] = "Look at the pointers on that line: may one be NULL, freed "
                  "already, or behind the end of an array?",
    [BUG_LOOP] = "Look at what ends the loop: who makes its condition false, "
                 "and may that never happen?",
    [BUG_OTHER] = NULL,
};

void words_fill(struct judging *judging, struct trouble *trouble)
{
    static void (*const writers[])(struct judging *, struct trouble *) = {
        [BUG_RACE] = words_race,
        [BUG_LOCK_ORDER] = lock_order,
        [BUG_DEADLOCK] = words_deadlock,
        [BUG_LOCK_MISUSE] = misuse,
        [BUG_COND_MISUSE] = misuse,
        [BUG_DUBIOUS] = dubious,
        [BUG_THREAD_LEAK] = thread_leak,
        [BUG_BAD_ACCESS] = memory,
        [BUG_BAD_FREE] = memory,
        [BUG_UNINITIALISED] = memory,
        [BUG_LEAK] = memory,
        [BUG_CRASH] = crash,
        [BUG_LOOP] = loop,
        [BUG_ASLEEP] = words_deadlock,
        [BUG_SIGNAL_UNSAFE] = other,
        [BUG_OTHER] = other,
    };

    trouble->finding.help = helps[trouble->report->kind];
    writers[trouble->report->kind](judging, trouble);
}
