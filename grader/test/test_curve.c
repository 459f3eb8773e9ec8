/*
 * test_curve.c - curves of speed: what stands in the way by whose share, what
 * follows from work and span, the picture, and the verb from outside.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>
#include <talloc.h>
#include <unistd.h>

#include "curve.h"
#include "leash.h"
#include "plot.h"
#include "report.h"
#include "scratch.h"

static void *ctx;
static const char *folder;

static void begin(void)
{
    ctx = talloc_new(NULL);
    folder = scratch_folder(ctx);
    leash_keeper(realpath("build/keeper", NULL));
}

static void end(void)
{
    talloc_free(ctx);
}

TestSuite(obstacle, .init = begin, .fini = end);
TestSuite(curve, .init = begin, .fini = end);
TestSuite(plot, .init = begin, .fini = end);
TestSuite(curve_verb, .init = begin, .fini = end);

/* ---- obstacle -------------------------------------------------------------
 */

static struct timed_run run_of(int cores, enum path_kind kind, double share,
                               bool student)
{
    static struct path_part parts[16];
    static size_t used;
    struct path_part *part = &parts[used++ % 16];

    *part = (struct path_part){.kind = kind,
                               .share = share,
                               .first = !student,
                               .place = {.file = "pool.c",
                                         .line = 40,
                                         .function = "worker",
                                         .student = student}};
    return (struct timed_run){
        .cores = cores, .seconds = 1, .parts = part, .part_count = 1};
}

static const char *words_of(const struct timed_run *run, double speedup,
                            bool files)
{
    struct obstacle obstacle = obstacle_of(run, speedup);

    return obstacle_words(ctx, &obstacle, files);
}

static void has(const char *text, const char *words)
{
    cr_expect(strstr(text, words) != NULL, "\"%s\" is not in: %s", words, text);
}

static void lacks(const char *text, const char *words)
{
    cr_expect(strstr(text, words) == NULL, "\"%s\" is in: %s", words, text);
}

Test(obstacle, lock_bounds_the_speedup)
{
    struct timed_run run = run_of(4, PATH_HOLDS, 0.71, true);
    const char *text = words_of(&run, 1.0, true);

    has(text, "71 % is spent holding the lock taken at pool.c:40");
    has(text, "with 4 cores no more than 1.4x can come of this");
    has(words_of(&run, 1.0, false), "in line 40");
}

/* A lock that is held for half of a run that is twice as fast as one core is
 * held for a quarter of the work: four times as fast is possible. */
Test(obstacle, bound_is_measured_against_one_core)
{
    struct timed_run run = run_of(8, PATH_HOLDS, 0.5, true);

    cr_expect_float_eq(obstacle_of(&run, 2.0).bound, 4.0, 1e-9);
    has(words_of(&run, 2.0, true), "no more than 4.0x");
}

Test(obstacle, bound_beyond_the_cores_is_not_told)
{
    struct timed_run run = run_of(2, PATH_HOLDS, 0.5, true);

    lacks(words_of(&run, 1.9, true), "no more than");
}

Test(obstacle, line_of_cache_comes_first)
{
    struct timed_run run = run_of(2, PATH_HOLDS, 0.9, true);
    struct fetched_part fetched[] = {
        {{.file = "a.c", .line = 7, .student = true}, "total", 0.6},
        {{.file = "a.c", .line = 9, .student = true}, NULL, 0.2},
        {{.file = "a.c", .line = 11, .student = true}, NULL, 0.01}};
    struct obstacle obstacle;
    size_t count;

    run.fetched = fetched;
    run.fetched_count = 3;
    obstacle = obstacle_of(&run, 0.5);
    cr_expect_eq(obstacle.kind, OBSTACLE_LINE);
    has(words_of(&run, 0.5, true), "60 %");
    has(words_of(&run, 0.5, true), "at a.c:7 (`total`)");
    cr_expect_eq(obstacle_places(ctx, &run, &obstacle, &count)[1].place.line,
                 9);
    cr_expect_eq(count, 2);
}

Test(obstacle, of_each_kind)
{
    struct timed_run alone = run_of(4, PATH_RUNS, 0.8, false);
    struct timed_run chain = run_of(4, PATH_RUNS, 0.8, true);
    struct timed_run little = run_of(4, PATH_RUNS, 0.1, true);

    has(words_of(&alone, 1.0, true), "the thread that runs main(), alone");
    has(words_of(&alone, 1.0, false), "that calls your function, alone");
    has(words_of(&chain, 1.0, true), "in worker(), one after the other");
    chain.parts[0].place.student = false; /* threads of the tests' */
    has(words_of(&chain, 1.0, true), "what threads do one after the other");
    cr_expect_str_eq(words_of(&little, 1.0, true), "");
    cr_expect_eq(obstacle_of(&little, 1.0).kind, OBSTACLE_NONE);
}

/* ---- curve ----------------------------------------------------------------
 */

/* Half of the work under a lock: 1, 4/3, 8/5, 16/9 ... */
static struct timed half_locked(void)
{
    struct timed timed = {.complete = true, .agree = true, .one = 1.0};

    timed.run_count = CURVE_POINTS;
    timed.runs = talloc_zero_array(ctx, struct timed_run, CURVE_POINTS);
    for (size_t i = 0; i < CURVE_POINTS; i++) {
        double seconds = 0.5 + 0.5 / curve_cores(i);

        timed.runs[i] = run_of(curve_cores(i), PATH_HOLDS, 0.5 / seconds, true);
        timed.runs[i].seconds = seconds;
    }
    return timed;
}

Test(curve, work_span_and_parallelism)
{
    struct timed timed = half_locked();
    const struct curve *curve = curve_of(ctx, "half.c", &timed, 0, 0);

    cr_expect_eq(curve->count, CURVE_POINTS);
    cr_expect_float_eq(curve->points[1].speedup, 4.0 / 3, 1e-9);
    cr_expect_float_eq(curve->work, 1.0, 1e-9);
    cr_expect_float_eq(curve->span, 0.5 + 0.5 / 64, 1e-9);
    cr_expect_eq(curve->span_cores, 64);
    cr_expect_float_eq(curve->parallelism, 1.0 / (0.5 + 0.5 / 64), 1e-9);
}

/* The lock's own part, and 1 over it: Amdahl. */
Test(curve, serial_part_is_the_locks)
{
    struct timed timed = half_locked();
    const struct curve *curve = curve_of(ctx, "half.c", &timed, 0, 0);

    cr_assert_not_null(curve->serial_lock);
    cr_expect_float_eq(curve->serial, 0.5, 1e-9);
    cr_expect_float_eq(curve->serial_lock->bound, 2.0, 1e-9);
}

/* Without a lock in the way it is computed from the speedup seen. */
Test(curve, serial_part_by_karp_and_flatt)
{
    struct timed timed = half_locked();
    const struct curve *curve;

    for (size_t i = 0; i < CURVE_POINTS; i++)
        timed.runs[i].part_count = 0;
    curve = curve_of(ctx, "half.c", &timed, 0, 0);
    cr_expect_null(curve->serial_lock);
    cr_expect_eq(curve->serial_cores, 4);
    cr_expect_float_eq(curve->serial, 0.5, 1e-9);
}

/* Where more threads only use a lock more, its part on 64 cores says nothing of
 * a curve that was higher before. */
Test(curve, falls_again)
{
    struct timed timed = half_locked();
    const struct curve *curve;

    timed.runs[3].seconds = 0.2;
    curve = curve_of(ctx, "half.c", &timed, 0, 0);
    cr_expect_eq(curve->span_cores, 8);
    cr_expect_float_eq(curve->parallelism, 5.0, 1e-9);
    cr_expect_null(curve->serial_lock);
}

Test(curve, kits_own_run_is_what_counts)
{
    struct timed timed = half_locked();

    timed.sequential = 0.5;
    cr_expect_float_eq(curve_of(ctx, "04", &timed, 2, 1.5)->points[1].speedup,
                       2.0 / 3, 1e-9);
}

Test(curve, is_told_in_eighty_columns)
{
    struct timed timed = half_locked();
    struct curve *curve = curve_of(ctx, "half.c", &timed, 0, 0);
    const char *path = talloc_asprintf(ctx, "%s/told", folder);
    FILE *out = fopen(path, "w");
    char *text, *rest = NULL;

    curve->points[1].clock = 0.25;
    curve_tell(out, curve);
    fclose(out);
    text = talloc_strdup(ctx, scratch_read(ctx, folder, "told"));
    has(text, "1.33");
    has(text, "0.25x|");
    has(text, "1 / 0.500 = 2.0x");
    has(text, "the lock taken at pool.c:40");
    has(text, "parallelism");
    for (char *line = strtok_r(text, "\n", &rest); line != NULL;
         line = strtok_r(NULL, "\n", &rest))
        cr_expect(strlen(line) <= 80, "%s", line);
}

Test(curve, as_data)
{
    struct timed timed = half_locked();
    json_t *json = curve_json(curve_of(ctx, "04", &timed, 2, 1.5));
    json_t *points = json_object_get(json, "points"), *told;

    cr_expect_eq(json_array_size(points), CURVE_POINTS);
    cr_expect_float_eq(json_number_value(json_object_get(
                           json_array_get(points, 1), "speedup")),
                       4.0 / 3, 1e-9);
    cr_expect_null(json_object_get(json_array_get(points, 1), "clock"));
    cr_expect_float_eq(json_number_value(json_object_get(json, "serial")), 0.5,
                       1e-9);
    told = json_array_get(json_object_get(json, "told"), 0);
    cr_expect_eq(json_integer_value(
                     json_object_get(json_object_get(told, "place"), "line")),
                 40);
    cr_expect_gt(json_array_size(json_object_get(json, "path")), 0);
    json_decref(json);
}

/* ---- pictures --------------------------------------------------------------
 */

/* The text of the picture. */
static const char *picture(void)
{
    const char *text = scratch_read(ctx, folder, "it.svg");

    cr_assert_not_null(text);
    has(text, "<svg");
    has(text, "</svg>");
    return text;
}

static struct plot plot_here(const char *title)
{
    return (struct plot){ctx, folder, talloc_asprintf(ctx, "%s/it.svg", folder),
                         title};
}

Test(plot, curve_has_its_legend_and_its_figures)
{
    struct timed timed = half_locked();
    struct curve *curve = curve_of(ctx, "half.c", &timed, 0, 0);
    const char *why = NULL, *text;

    curve->points[0].clock = 1;
    cr_assert_eq(curve_draw(ctx, folder, curve, plot_here("").path, &why), 0,
                 "%s", why);
    cr_expect_str_eq(curve->svg, plot_here("").path);
    text = picture();
    has(text, "half.c");
    has(text, "counted, in virtual time");
    has(text, "by the clock of this machine");
    has(text, "no more than 2.0x: the lock taken at pool.c:40");
    has(text, ">cores<");
    has(text, "1.8x");
}

/* Names come from strangers. */
Test(plot, no_name_is_a_command)
{
    static const double x[] = {1, 2}, y[] = {1, 2};
    struct plot_line line = {"a'b\"c `touch here` $x\\n", PLOT_COUNTED, x, y,
                             2};
    struct plot plot =
        plot_here("';system('touch here');'\n\"`touch here`\\@{x}<b>&");
    const char *why = NULL;

    cr_assert_eq(plot_lines(&plot, &line, 1, &why), 0, "%s", why);
    cr_expect_null(scratch_read(ctx, folder, "here"));
    lacks(picture(), "<b>");
}

Test(plot, bars)
{
    static const char *const models[] = {"processes", "threads", "events",
                                         "pool"};
    static const char *const loads[] = {"short", "long"};
    static const double values[] = {120, 80, 900, 410, 1500, 90, -1, 300};
    struct plot plot = plot_here("12 Four models");
    struct plot_bars bars = {.unit = "requests in a second",
                             .groups = models,
                             .group_count = 4,
                             .series = loads,
                             .series_count = 2,
                             .values = values};
    const char *why = NULL, *text;

    cr_assert_eq(plot_bars(&plot, &bars, &why), 0, "%s", why);
    text = picture();
    has(text, "events");
    has(text, "requests in a second");
    has(text, ">1500<");
}

/* Two kinds of work in three ways; one of them was not counted. */
Test(plot, cases_are_bars)
{
    static const struct figure cases[] = {
        {"waiting/one", 0.008, 0.080},   {"waiting/threads", 0.004, 0.040},
        {"waiting/children", 0, 0.020},  {"adding/one", 0.006, 0.060},
        {"adding/threads", 0.003, 0.03}, {"adding/children", 0, 0.03}};
    struct curve curve = {
        .title = "12", .asked = 2, .cases = cases, .case_count = 6};
    const char *path = talloc_asprintf(ctx, "%s/told", folder);
    const char *why = NULL, *text;
    FILE *out = fopen(path, "w");

    cr_assert_eq(
        curve_draw_cases(ctx, folder, &curve, plot_here("").path, &why), 0,
        "%s", why);
    text = picture();
    has(text, "waiting, virtual time");
    has(text, "adding, clock");
    has(text, ">children<");
    has(text, "times as fast as one, on 2 cores");
    curve_tell_cases(out, &curve);
    fclose(out);
    text = scratch_read(ctx, folder, "told");
    has(text, "waiting/threads");
    has(text, "2.00x");
    has(text, "4.00x");
    has(text, "     -");
}

Test(plot, where_it_cannot_be_written)
{
    static const double x[] = {1, 2};
    struct plot_line line = {"a", PLOT_IDEAL, x, x, 2};
    struct plot plot = plot_here("a");
    const char *why = NULL;

    plot.path = talloc_asprintf(ctx, "%s/no/folder/it.svg", folder);
    cr_expect_eq(plot_lines(&plot, &line, 1, &why), -1);
    has(why, "cannot write");
}

/* ---- the verb ---------------------------------------------------------------
 */

#define VALUES(...) ((const char *const[]){__VA_ARGS__ __VA_OPT__(, ) NULL})

static const char *says(const char *const values[], int status,
                        const char *with)
{
    struct ran ran = scratch_run(
        ctx, (const char *const[]){"build/interleave", "curve", NULL}, values);

    cr_expect_eq(ran.status, status, "status %d\n%s", ran.status, ran.out);
    has(ran.out, with);
    return ran.out;
}

static const char *program(const char *text)
{
    scratch_write(folder, "prog.c", text);
    return talloc_asprintf(ctx, "SRC=%s/prog.c", folder);
}

static json_t *result(void)
{
    return json_load_file(talloc_asprintf(ctx, "%s/r.json", folder), 0, NULL);
}

Test(curve_verb, refuses)
{
    says(VALUES(), 2, "make curve EX=04");
    says(VALUES("EX=02"), 2, "exercise 02 has no check of speed");
    says(VALUES("EX=77"), 2, "there is no exercise '77'");
    says(VALUES("SRC=build/nothing.c"), 2, "No such file");
    says(VALUES("EX=04"), 1, "another result than the kit's own");
    says(VALUES(program("int main(void) { return y; }")), 2,
         "does not compile");
}

/* Sixty-four threads beside main() on 64 cores. */
Test(curve_verb, any_program_to_the_end)
{
    const char *source = program(
        "#include <pthread.h>\n"
        "static void *work(void *arg)\n"
        "{ for (volatile int i = 0; i < 100000; i++) ; return arg; }\n"
        "int main(void) { pthread_t t[64];\n"
        "for (int i = 0; i < 64; i++) pthread_create(&t[i], 0, work, 0);\n"
        "for (int i = 0; i < 64; i++) pthread_join(t[i], 0); return 0; }\n");
    const char *svg = talloc_asprintf(ctx, "OUT=%s/it.svg", folder);
    const char *file = talloc_asprintf(ctx, "RESULT=%s/r.json", folder);
    json_t *json, *last;

    says(VALUES(source, svg, file), 0, "it.svg");
    picture();
    json = result();
    cr_expect_str_eq(json_string_value(json_object_get(json, "verdict")),
                     "drawn");
    last = json_array_get(json_object_get(json, "points"), CURVE_POINTS - 1);
    cr_expect_eq(json_integer_value(json_object_get(last, "cores")), 64);
    cr_expect_gt(json_number_value(json_object_get(last, "speedup")), 6);
    json_decref(json);
}

Test(curve_verb, program_that_does_not_end)
{
    const char *file = talloc_asprintf(ctx, "RESULT=%s/r.json", folder);
    json_t *json;

    says(VALUES(program("#include <pthread.h>\n"
                        "int main(void)\n"
                        "{ pthread_mutex_t a = PTHREAD_MUTEX_INITIALIZER;\n"
                        "  pthread_mutex_lock(&a);\n"
                        "  return pthread_mutex_lock(&a); }\n"),
                file),
         1, "prog.c:5: deadlock");
    json = result();
    cr_expect_str_eq(json_string_value(json_object_get(json, "verdict")),
                     "stopped");
    json_decref(json);
    says(VALUES(program("int main(void)\n{ for (;;) ; }\n")), 1,
         "prog.c:2: endless-loop");
    says(VALUES(program("int main(void) { return *(volatile int *)0; }\n")), 1,
         "crash");
    says(VALUES(program("#include <unistd.h>\n"
                        "int main(void) { return fork(); }\n")),
         2, "fork is not under control");
}

/* exit() in the middle is an end like any other; and so is one by main() that
 * leaves before the others. */
Test(curve_verb, other_ends)
{
    says(VALUES(program("#include <stdlib.h>\n"
                        "int main(void)\n"
                        "{ for (volatile int i = 0; i < 100000; i++) ;\n"
                        "  exit(3); }\n")),
         0, "100 % is the work of the thread that");
    says(VALUES(program("#include <pthread.h>\n"
                        "static void *work(void *arg)\n"
                        "{ for (volatile int i = 0; i < 9999; i++) ;\n"
                        "  return arg; }\n"
                        "int main(void) { pthread_t t;\n"
                        "  pthread_create(&t, 0, work, 0);\n"
                        "  pthread_exit(0); }\n")),
         0, "counted #");
}

Test(curve_verb, answer)
{
    const char *file = talloc_asprintf(ctx, "RESULT=%s/r.json", folder);
    json_t *json, *point;

    if (access("solutions", F_OK) != 0)
        return;
    says(VALUES("EX=04", "SRC=solutions/04-thread-pool/reference.c", file), 0,
         "build/curves/04-thread-pool.svg");
    json = result();
    point = json_array_get(json_object_get(json, "points"), 1);
    cr_expect_float_eq(json_number_value(json_object_get(point, "speedup")),
                       1.9, 0.05);
    json_decref(json);
}
