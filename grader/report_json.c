/*
 * report_json.c - the result file. results.md describes it for those who read
 * it: a key that is there stays, with its meaning.
 */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <talloc.h>
#include <unistd.h>

#include "report.h"
#include "timeline.h"

#define SCHEMA "interleave/result/v1"

/* Beyond this, readers that keep numbers as doubles lose digits. */
#define LARGEST_EXACT (UINT64_C(1) << 53)

/* NULL becomes null; callers leave such keys out. */
static json_t *text(const char *string)
{
    char *clean;
    json_t *json;

    if (!string)
        return NULL;
    clean = report_clean(NULL, string);
    json = json_string(clean);
    talloc_free(clean);
    return json;
}

/* A story keeps its lines. */
static json_t *lines(const char *string)
{
    json_t *list = json_array();

    while (*string) {
        size_t size = strcspn(string, "\n");
        char *line = talloc_strndup(NULL, string, size);
        json_array_append_new(list, text(line));
        talloc_free(line);
        string += size + (string[size] == '\n');
    }
    return list;
}

static void put(json_t *object, const char *key, json_t *value)
{
    if (value)
        json_object_set_new(object, key, value);
}

static json_t *lens_list(unsigned set)
{
    json_t *list = json_array();

    for (int lens = 0; lens < LENS_COUNT; lens++)
        if (set & 1u << lens)
            json_array_append_new(list,
                                  json_string(lens_name((enum lens)lens)));
    return list;
}

static json_t *location_json(const struct result_facts *facts,
                             const struct location *location)
{
    const struct place *place = &location->place;
    json_t *json = json_object();

    put(json, "file",
        text(place->student && facts->source ? facts->source : place->file));
    if (place->line > 0)
        put(json, "line", json_integer(place->line));
    put(json, "what", text(location->what));
    return json;
}

static json_t *locations_json(const struct result_facts *facts,
                              const struct finding *finding)
{
    json_t *list = json_array();

    for (size_t i = 0; i < finding->location_count; i++)
        json_array_append_new(list,
                              location_json(facts, &finding->locations[i]));
    return list;
}

static json_t *finding_json(const struct result_facts *facts,
                            const struct finding *finding)
{
    json_t *json = json_object();

    put(json, "property", json_string(property_name(finding->property)));
    put(json, "message", text(finding->message));
    put(json, "locations", locations_json(facts, finding));
    if (finding->schedule)
        put(json, "schedule", json_string(finding->schedule));
    if (finding->timeline)
        put(json, "events", timeline_json(finding->timeline));
    if (finding->story)
        put(json, "story", lines(finding->story));
    put(json, "idea", text(finding->idea));
    put(json, "lenses", lens_list(finding->lenses));
    put(json, "test", text(finding->test));
    return json;
}

static json_t *runs_json(const struct row *row)
{
    json_t *json = json_object();

    for (int lens = 0; lens < LENS_COUNT; lens++)
        if (row->run_counts[lens] > 0)
            put(json, lens_name((enum lens)lens),
                json_integer(row->run_counts[lens]));
    return json;
}

/* To the nanosecond: more is noise. 0 is no time at all. */
static void put_time(json_t *json, const char *key, double seconds)
{
    if (seconds > 0)
        put(json, key,
            json_real((double)(long long)(seconds * 1e9 + 0.5) / 1e9));
}

static json_t *figures_json(const struct row *row)
{
    json_t *list = json_array();

    for (size_t i = 0; i < row->figure_count; i++) {
        json_t *json = json_object();

        put(json, "name", text(row->figures[i].name));
        put_time(json, "virtual_seconds", row->figures[i].virtual_time);
        put_time(json, "clock_seconds", row->figures[i].clock);
        json_array_append_new(list, json);
    }
    return list;
}

static json_t *row_json(const struct result_facts *facts, const struct row *row)
{
    json_t *json = json_object(), *findings = json_array();

    put(json, "name", text(row->check->name));
    put(json, "title", text(row->check->title));
    put(json, "property", json_string(property_name(row->check->property)));
    put(json, "lens", json_string(lens_name(row->lens)));
    put(json, "status", json_string(status_name(row->status)));
    put(json, "reason", text(row->reason));
    put(json, "points", json_integer(row->points));
    put(json, "max_points", json_integer(row->max_points));
    put(json, "message", text(row->message));
    put(json, "help", text(row->help));
    put(json, "handout", text(row->handout));
    put(json, "again", text(row->again));
    for (size_t i = 0; i < row->finding_count; i++)
        json_array_append_new(findings, finding_json(facts, row->findings[i]));
    if (row->finding_count > 0) {
        put(json, "locations", locations_json(facts, row->findings[0]));
        put(json, "findings", findings);
    } else {
        json_decref(findings);
    }
    if (row->figure_count > 0)
        put(json, "figures", figures_json(row));
    if (row->speedup > 0)
        put(json, "virtual_speedup", json_real(row->speedup));
    put(json, "runs", runs_json(row));
    return json;
}

/* What every result has, whatever came of it. */
static json_t *frame(const struct result_facts *facts, const char *verdict,
                     bool partial, int score, int max_score)
{
    json_t *json = json_object(), *tools = json_object();

    put(json, "schema", json_string(SCHEMA));
    put(json, "exercise",
        facts->exercise ? text(facts->exercise) : json_null());
    put(json, "verdict", json_string(verdict));
    put(json, "partial", json_boolean(partial));
    put(json, "score", json_integer(score));
    put(json, "max_score", json_integer(max_score));
    put(json, "seconds",
        json_real((double)(long)(facts->seconds * 1000 + 0.5) / 1000));
    put(json, "seed",
        facts->seed <= LARGEST_EXACT
            ? json_integer((json_int_t)facts->seed)
            : json_sprintf("%llu", (unsigned long long)facts->seed));
    for (size_t i = 0; i < facts->tool_count; i++)
        put(tools, facts->tools[i].name, text(facts->tools[i].version));
    put(json, "tools", tools);
    return json;
}

static const char *verdict_name(const struct verdict *verdict)
{
    switch (verdict->verdict) {
    case VERDICT_PASS:
        return "pass";
    case VERDICT_FAIL:
        return "fail";
    case VERDICT_ERROR:
        break;
    }
    return "error";
}

json_t *report_json(const struct result_facts *facts,
                    const struct verdict *verdict)
{
    json_t *json = frame(facts, verdict_name(verdict), verdict->partial,
                         verdict->score, verdict->max_score);
    json_t *checks = json_array(), *notes = json_array();
    json_t *unseen = json_array();

    put(json, "message", text(verdict->message));
    for (size_t i = 0; i < verdict->row_count; i++)
        json_array_append_new(checks, row_json(facts, &verdict->rows[i]));
    for (size_t i = 0; i < verdict->note_count; i++)
        json_array_append_new(notes, finding_json(facts, &verdict->notes[i]));
    for (size_t i = 0; i < verdict->unseen_count; i++)
        json_array_append_new(unseen, text(verdict->unseen[i]));
    put(json, "checks", checks);
    put(json, "notes", notes);
    put(json, "unseen", unseen);
    return json;
}

json_t *report_json_error(const struct result_facts *facts, const char *message)
{
    json_t *json = frame(facts, "error", false, 0, 0);

    put(json, "message", text(message));
    put(json, "checks", json_array());
    put(json, "notes", json_array());
    put(json, "unseen", json_array());
    return json;
}

/* ---- the file --------------------------------------------------------------
 */

static int complain(void *ctx, const char *path, const char **why)
{
    *why = talloc_asprintf(ctx, "cannot write the result file %s: %s",
                           report_clean(ctx, path), strerror(errno));
    return -1;
}

int report_json_remove(void *ctx, const char *path, const char **why)
{
    if (unlink(path) == 0 || errno == ENOENT)
        return 0;
    return complain(ctx, path, why);
}

static int write_all(int fd, const char *data, size_t size)
{
    while (size > 0) {
        ssize_t written = write(fd, data, size);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return -1;
        data += written;
        size -= (size_t)written;
    }
    return 0;
}

/* A rename is safe on disk only when its folder is. */
static void sync_folder(void *ctx, const char *path)
{
    char *copy = talloc_strdup(ctx, path);
    int fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd >= 0) {
        fsync(fd);
        close(fd);
    }
}

int report_json_write(void *ctx, const char *path, const json_t *json,
                      const char **why)
{
    char *data = json_dumps(json, JSON_INDENT(2) | JSON_REAL_PRECISION(9));
    const char *new = talloc_asprintf(ctx, "%s.%ld.new", path, (long)getpid());
    int fd, status = -1, saved;

    if (!data) {
        errno = ENOMEM;
        return complain(ctx, path, why);
    }
    unlink(new); /* of a process long gone that had our number */
    fd = open(new, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd >= 0) {
        status = write_all(fd, data, strlen(data));
        if (status == 0)
            status = write_all(fd, "\n", 1);
        if (status == 0)
            status = fsync(fd);
        saved = errno;
        if (close(fd) != 0 && status == 0) {
            status = -1;
            saved = errno;
        }
        errno = saved;
    }
    if (status == 0)
        status = rename(new, path);
    if (status != 0) {
        complain(ctx, path, why);
        if (fd >= 0)
            unlink(new);
    } else {
        sync_folder(ctx, path);
    }
    free(data);
    return status;
}
