/*
 * words_race.c - a data race, told: two lines, and one way in which it goes
 * wrong. The steps are those that the two lines allow; where only the source
 * could say more, the story says "if".
 */
#include <string.h>
#include <talloc.h>

#include "judging.h"

static bool begins(const struct side *side, const char *word)
{
    return side->what && strncmp(side->what, word, strlen(word)) == 0;
}

static bool writes(const struct side *side)
{
    return begins(side, "write");
}

static bool reads(const struct side *side)
{
    return begins(side, "read");
}

/* A plain access, and no call such as free() that counts as one. */
static bool plain(const struct side *side)
{
    return writes(side) || reads(side);
}

/* Was the student's line entered from, or did it call, a function of the
 * kit that makes the access? */
static bool through_kit(const struct side *side)
{
    for (size_t i = 0; i < side->depth && !side->stack[i].student; i++)
        if (side->stack[i].kit)
            return true;
    return false;
}

static const char *verb(const struct side *side)
{
    if (!side_student(side))
        return writes(side)  ? "the caller writes here"
               : reads(side) ? "the caller reads here"
                             : "the caller is here";
    if (through_kit(side) && plain(side))
        return writes(side) ? "calls a function here that writes"
                            : "calls a function here that reads";
    if (writes(side))
        return "writes here";
    if (reads(side))
        return "reads here";
    return side->what ? side->what : "uses it here";
}

static const struct place *place_of(const struct side *side)
{
    const struct place *place = side_student(side);

    for (size_t i = 0; i < side->depth && !place; i++)
        if (side->stack[i].kit)
            place = &side->stack[i];
    return place;
}

/* Both sides of the report that is told, then the other lines. */
static void locate(struct judging *judging, struct trouble *trouble)
{
    struct finding *finding = &trouble->finding;

    for (size_t i = 0; i < trouble->report->count; i++) {
        const struct side *side = &trouble->report->sides[i];
        words_locate(judging, finding, place_of(side), verb(side));
    }
    for (size_t k = 0; k < trouble->report_count; k++)
        for (size_t i = 0; i < trouble->reports[k]->count; i++) {
            const struct side *side = &trouble->reports[k]->sides[i];
            const struct place *place = side_student(side);
            if (place && place->file && !words_located(finding, place))
                words_locate(judging, finding, place, verb(side));
        }
}

/* What the locks of both sides say, as a sentence with a space before it. */
static const char *locks(const struct side *a, const struct side *b)
{
    if (!a->locks != !b->locks)
        return " One of them holds a lock and the other does not: a lock "
               "keeps out only those who take it too.";
    if (a->locks && b->locks && strcmp(a->locks, b->locks) != 0 &&
        !strstr(a->locks, "to read") && !strstr(b->locks, "to read"))
        return " Each holds a lock, but not the same one.";
    return "";
}

/* Some report saw this line read, and some report saw it write. */
static bool reads_and_writes(const struct trouble *trouble, int line)
{
    bool read = false, written = false;

    for (size_t k = 0; k < trouble->report_count; k++)
        for (size_t i = 0; i < trouble->reports[k]->count; i++) {
            const struct side *side = &trouble->reports[k]->sides[i];
            const struct place *place = side_student(side);
            if (!place || place->line != line || through_kit(side))
                continue;
            read |= reads(side);
            written |= writes(side);
        }
    return read && written;
}

static const char *lost_update(struct judging *judging, const char *object,
                               const char *where, bool certain)
{
    return say(judging,
               "%s\n"
               "1. T1 reads %s (%s)\n"
               "2. T2 reads %s too, and gets the same value\n"
               "3. T1 works out its new value\n"
               "4. T1 writes it to %s\n"
               "5. T2 works out its new value, from the old one\n"
               "6. T2 writes it to %s: what T1 wrote in step 4 is lost",
               certain ? "One way it goes wrong:"
                       : "One way it goes wrong, if the line makes the new "
                         "value from the old one, as x++ does:",
               object, where, object, object, object);
}

static const char *two_lines(struct judging *judging, const char *object,
                             const struct side *a, const struct side *b,
                             const char *where_a, const char *where_b)
{
    if (writes(a) && writes(b))
        return say(judging,
                   "One way it goes wrong:\n"
                   "1. T1 writes %s (%s)\n"
                   "2. T2 writes %s (%s): T1's value is gone\n"
                   "3. T1 goes on as if its value were still there",
                   object, where_a, object, where_b);
    if (writes(b)) {
        const char *swap = where_a;
        where_a = where_b;
        where_b = swap;
    }
    return say(judging,
               "One way it goes wrong:\n"
               "1. T2 reads %s (%s)\n"
               "2. T1 writes %s (%s)\n"
               "3. T2 goes on with a value that is no longer true; or it read "
               "one that was only half made, since nothing says which comes "
               "first",
               object, where_b, object, where_a);
}

/* One side is a call, such as free(), that ends what the other uses. */
static const char *with_call(struct judging *judging, const struct side *a,
                             const struct side *b, const char *where_a,
                             const char *where_b)
{
    bool first = !plain(a); /* the call comes first */

    return say(judging,
               "One way it goes wrong:\n"
               "1. T1 %s (%s)\n"
               "2. T2 %s (%s): too late\n"
               "3. nothing in the program says that it must be the other way "
               "round",
               first ? a->what : b->what, first ? where_a : where_b,
               first ? b->what : a->what, first ? where_b : where_a);
}

/* One side is the caller's own code, and not called by the student. */
static const char *with_caller(struct judging *judging, const char *object,
                               const char *where)
{
    return say(judging,
               "One way it goes wrong:\n"
               "1. your function returns while one of its threads still runs\n"
               "2. the caller uses %s\n"
               "3. the thread uses it too (%s): too late, or at the same "
               "moment",
               object, where);
}

/* What it is called on the line of a plain write, or NULL. */
static const char *name_in_source(struct judging *judging,
                                  const struct report *report)
{
    for (size_t i = 0; i < report->count; i++) {
        const struct side *side = &report->sides[i];
        const struct place *place = side_student(side);
        const char *name;

        if (!place || !writes(side) || through_kit(side))
            continue;
        name = expression_assigned(judging->ctx, judging->evidence->source,
                                   place->line);
        if (name)
            return say(judging, "`%s`", name);
    }
    return NULL;
}

static const char *story(struct judging *judging, const struct trouble *trouble)
{
    const struct side *a = &trouble->report->sides[0], *b = a + 1;
    const struct place *at_a = side_student(a), *at_b = side_student(b);
    const char *object = name_in_source(judging, trouble->report);

    if (!object)
        object = words_object(judging, trouble->report->object, "the memory");
    if (!at_a || !at_b)
        return with_caller(judging, object,
                           words_place(judging, at_a ? at_a : at_b));
    if (!a->what || !b->what)
        return NULL;
    if (!plain(a) || !plain(b))
        return with_call(judging, a, b, words_place(judging, at_a),
                         words_place(judging, at_b));
    if (at_a->line != at_b->line || at_a->line == 0 || through_kit(a) ||
        through_kit(b))
        return two_lines(judging, object, a, b, words_place(judging, at_a),
                         words_place(judging, at_b));
    return lost_update(judging, object, words_place(judging, at_a),
                       reads_and_writes(trouble, at_a->line));
}

/* What Helgrind alone believes of a program that makes order in a way which it
 * does not know: nothing that is to be said as if it were so. */
static const char *doubted(struct judging *judging, const char *object)
{
    return say(judging,
               "Helgrind sees nothing that orders two uses of %s. It does not "
               "know all ways to do that, such as an atomic or a pipe%s.",
               object,
               judging->evidence->lenses & 1u << LENS_TSAN
                   ? ", and ThreadSanitizer found no race here"
                   : "");
}

/* What the detectors did not see in their runs, and the explorer in one of its
 * schedules. */
static const char *unseen(const struct trouble *trouble)
{
    return trouble->finding.lenses == 1u << LENS_INTERLEAVINGS
               ? " In the runs under the detectors it did not come to that; "
                 "in other interleavings it does."
               : "";
}

void words_race(struct judging *judging, struct trouble *trouble)
{
    const struct report *report = trouble->report;
    struct finding *finding = &trouble->finding;
    const struct side *a = report->count == 2 ? &report->sides[0] : NULL;
    const char *object = name_in_source(judging, report);

    if (!object)
        object = words_object(judging, report->object, "the same memory");
    if (trouble->weight == WEIGHT_NOTE)
        finding->message = doubted(judging, object);
    else if (a && a[0].what && a[1].what && !(plain(&a[0]) && plain(&a[1])))
        finding->message = say(
            judging,
            "Two threads can use %s at the same moment: one %s, the other "
            "%s.%s%s",
            object, a[0].what, a[1].what, locks(&a[0], &a[1]), unseen(trouble));
    else
        finding->message =
            say(judging,
                "Two threads can use %s at the same moment, and at least one "
                "of them writes.%s%s",
                object, a ? locks(&a[0], &a[1]) : "", unseen(trouble));
    finding->idea =
        "What several threads use and one of them writes needs an order: a "
        "lock, an atomic, or a join. That it often comes out right is luck; "
        "in C the behaviour is undefined.";
    if (a)
        finding->story = story(judging, trouble);
    locate(judging, trouble);
}
