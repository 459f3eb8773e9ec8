#include "suite.h"

#include <criterion/criterion.h>
#include <talloc.h>

struct made *made;
struct verdict verdict;

void suite_begin(void)
{
    made = made_good();
}

void suite_end(void)
{
    talloc_free(made);
}

const struct row *row(int which)
{
    verdict = made_judge(made);
    cr_assert_lt(which, (int)verdict.row_count);
    return &verdict.rows[which];
}

struct report *report(const char *way, enum bug kind, const int *lines)
{
    return made_report(made, made_run(made, way), kind, "count/two", lines);
}

void wrong_everywhere(const char *way)
{
    made_value(made, made_run(made, way), "count/two", "total", "1");
    made_value(made, made_run(made, way), "count/four", "total", "1");
}

void record(struct run *run, enum record_kind kind, const char *test,
            const char *key, const char *value)
{
    struct records *records = &run->records;

    records->items =
        talloc_realloc(made, records->items, struct record, records->count + 1);
    records->items[records->count++] = (struct record){kind, test, key, value};
}
