/*
 * curve_data.c - a curve as data, and as a picture.
 */
#include <talloc.h>

#include "curve.h"
#include "plot.h"
#include "report.h"

/* ---- as data ------------------------------------------------------------ */

static json_t *point_json(const struct curve_point *point)
{
    json_t *json =
        json_pack("{s:i, s:f, s:f}", "cores", point->cores, "seconds",
                  point->seconds, "speedup", point->speedup);

    if (point->clock > 0)
        json_object_set_new(json, "clock", json_real(point->clock));
    return json;
}

static json_t *place_json(const struct place *place)
{
    if (!place->student || place->line == 0 || place->file == NULL)
        return NULL;
    return json_pack("{s:s, s:i}", "file", place->file, "line", place->line);
}

static json_t *path_json(const struct timed_run *run)
{
    static const char *const kinds[PATH_KINDS] = {
        [PATH_RUNS] = "runs", [PATH_HOLDS] = "holds", [PATH_WAKES] = "wakes"};
    json_t *list = json_array();

    for (size_t i = 0; i < run->part_count; i++) {
        const struct path_part *part = &run->parts[i];
        json_t *place, *json;

        if (part->share < 0.001)
            continue;
        json = json_pack("{s:s, s:f}", "kind", kinds[part->kind], "share",
                         part->share);
        place = place_json(&part->place);
        if (place != NULL)
            json_object_set_new(json, "place", place);
        if (part->place.student && part->place.function != NULL)
            json_object_set_new(json, "function",
                                json_string(part->place.function));
        json_array_append_new(list, json);
    }
    return list;
}

static json_t *told_json(const struct curve *curve)
{
    void *ctx = talloc_new(NULL);
    json_t *list = json_array();

    for (size_t i = 0; i < curve->told_count; i++) {
        const struct obstacle *one = &curve->told[i];
        json_t *json = json_pack(
            "{s:i, s:s}", "cores", one->cores, "message",
            report_clean(ctx, obstacle_words(ctx, one, curve->program)));
        json_t *place = place_json(&one->place);

        if (one->kind != OBSTACLE_NONE)
            json_object_set_new(json, "share", json_real(one->share));
        if (one->bound > 0)
            json_object_set_new(json, "bound", json_real(one->bound));
        if (place != NULL && one->kind != OBSTACLE_NONE)
            json_object_set_new(json, "place", place);
        json_array_append_new(list, json);
    }
    talloc_free(ctx);
    return list;
}

json_t *curve_json(const struct curve *curve)
{
    json_t *points = json_array();
    json_t *json = json_pack(
        "{s:f, s:f, s:i, s:f}", "work", curve->work, "span", curve->span,
        "span_cores", curve->span_cores, "parallelism", curve->parallelism);

    for (size_t i = 0; i < curve->count; i++)
        json_array_append_new(points, point_json(&curve->points[i]));
    json_object_set_new(json, "points", points);
    if (curve->serial_lock != NULL || curve->serial_cores > 0)
        json_object_set_new(json, "serial", json_real(curve->serial));
    if (curve->asked > 0)
        json_object_set_new(json, "asked",
                            json_pack("{s:i, s:f}", "cores", curve->asked,
                                      "speedup", curve->threshold));
    json_object_set_new(json, "told", told_json(curve));
    if (curve->count > 0)
        json_object_set_new(json, "path",
                            path_json(curve->points[curve->count - 1].run));
    if (curve->case_count > 0)
        json_object_set_new(json, "cases", curve_cases_json(curve));
    if (curve->cases_svg != NULL)
        json_object_set_new(json, "cases_svg", json_string(curve->cases_svg));
    if (curve->svg != NULL)
        json_object_set_new(json, "svg", json_string(curve->svg));
    return json;
}

/* ---- as a picture ------------------------------------------------------- */

int curve_draw(void *ctx, const char *work, struct curve *curve,
               const char *path, const char **why)
{
    struct plot plot = {ctx, work, path, curve->title};
    double cores[CURVE_POINTS + 1], speedup[CURVE_POINTS + 1];
    double clock[CURVE_POINTS + 1];
    double edge[2] = {1, 64}, asked = curve->asked,
           threshold = curve->threshold;
    double bound = curve->serial_lock ? curve->serial_lock->bound : 0;
    double bounds[2] = {bound, bound};
    struct plot_line lines[5];
    size_t n = 0, seen = 0;

    for (size_t i = 0; i < curve->count; i++) {
        cores[i] = curve->points[i].cores;
        speedup[i] = curve->points[i].speedup;
        clock[i] = curve->points[i].clock;
        seen += clock[i] > 0;
    }
    lines[n++] = (struct plot_line){"ideal: as many times as there are cores",
                                    PLOT_IDEAL, edge, edge, 2};
    if (bound > 0)
        lines[n++] = (struct plot_line){
            talloc_asprintf(
                ctx, "no more than %.1fx: the lock taken%s", bound,
                obstacle_where(ctx, curve->serial_lock, curve->program)),
            PLOT_BOUND, edge, bounds, 2};
    lines[n++] = (struct plot_line){"counted, in virtual time", PLOT_COUNTED,
                                    cores, speedup, curve->count};
    if (seen > 0)
        lines[n++] =
            (struct plot_line){"by the clock of this machine, just now",
                               PLOT_CLOCK, cores, clock, curve->count};
    if (curve->asked > 0)
        lines[n++] =
            (struct plot_line){talloc_asprintf(ctx, "asked for: %.1fx on %d",
                                               threshold, curve->asked),
                               PLOT_ASKED, &asked, &threshold, 1};
    if (plot_lines(&plot, lines, n, why) != 0)
        return -1;
    curve->svg = path;
    return 0;
}
