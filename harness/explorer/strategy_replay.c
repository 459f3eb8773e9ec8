/*
 * strategy_replay.c - one schedule again, by the turns of its token.
 */
#include <stdlib.h>
#include <string.h>

#include "explorer.h"
#include "strategy.h"
#include "trace.h"

static struct turn *list;
static unsigned count, at;
static bool done, lenient;

/* "12x1.40x2": at step 12 option 1, 28 steps... each step counts from the one
 * before. Returns -1 when it is no such list. */
int replay_read(const char *text)
{
    uint64_t step = 0;
    char *end;

    list = own_memory(TURNS * sizeof *list);
    while (*text != '\0' && *text != '-' && count < TURNS) {
        step += strtoull(text, &end, 10);
        if (end == text || *end != 'x')
            return -1;
        list[count].step = step;
        list[count++].choice = (unsigned)strtoul(end + 1, &end, 10);
        if (*end != '\0' && *end != '.')
            return -1;
        text = *end == '.' ? end + 1 : end;
    }
    return 0;
}

/* `leniently`: turns that do not fit are passed over. */
void replay_use(const struct turns *turns_of_it, bool leniently)
{
    if (list == NULL)
        list = own_memory(TURNS * sizeof *list);
    count = turns_of_it->count;
    memcpy(list, turns_of_it->list, count * sizeof *list);
    at = 0;
    done = false;
    lenient = leniently;
}

void replay_done(void)
{
    count = at = 0;
}

static bool begin(void)
{
    bool first = !done;

    done = true;
    return first;
}

bool trace_wants_choice(void)
{
    return at < count && list[at].step == world->steps;
}

static unsigned next_choice(const struct option *options, unsigned option_count)
{
    (void)options;
    while (lenient && at < count && list[at].step < world->steps)
        at++;
    if (!trace_wants_choice())
        return 0;
    if (list[at].choice >= option_count && lenient)
        return list[at++].choice % option_count;
    if (list[at].choice >= option_count)
        fail(FAULT_UNCONTROLLED, 0, 0, "the schedule does not fit the program");
    return list[at++].choice;
}

static void end(void)
{
}

const struct strategy strategy_replay = {"replay", begin, next_choice, end,
                                         NULL};
