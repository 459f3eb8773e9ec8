/*
 * scheduler.h - a scheduler, simulated: round robin on P cores, right to the
 * tick. The contract, in seven steps; each has points of its own.
 *
 * Time is counted in ticks, from 0. Tick t is the stretch from time t to time
 * t + 1. Whatever happens, happens at a time, between two ticks.
 *
 * All is done by the thread that calls; nothing here blocks, and no state is
 * kept between two calls. Functions that can fail return 0 or an error
 * number (errno is not looked at). The arguments keep to what is said here;
 * what they point to as `const`, and all that hangs on it, is only looked at.
 */
#ifndef SCHEDULER_H
#define SCHEDULER_H

#include <stdint.h>
#include <stdio.h>

/* No time is greater than this, and no number in a workload file. */
#define TICKS_MAX INT64_C(1000000000000)

enum {
    CORES_MAX = 8,
    JOB_NAME_MAX = 8 /* bytes, and a '\0' behind them */
};

/*
 * A job: it computes, waits for I/O, computes, and so on. The first, third,
 * fifth ... burst is computing, the second, fourth ... is I/O. So their count
 * is odd, and each of them lasts one tick or more.
 */
struct job {
    char name[JOB_NAME_MAX + 1];
    int64_t arrival; /* 0 or later */
    int burst_count;
    int64_t *bursts;
};

/* Job i is jobs[i]: its number is its place. With no jobs, `jobs` may be
 * NULL. */
struct workload {
    int count;
    struct job *jobs;
};

struct machine {
    int cores;     /* 1 to CORES_MAX; core 0, core 1, ... */
    int64_t slice; /* 1 or more */
    int64_t cost;  /* of a context switch: 0 or more */
};

/* What a core does from one time to another. */
enum doing {
    SWITCHING, /* to this job */
    RUNNING    /* this job */
};

struct span {
    int64_t from, to; /* from < to */
    int core, job;    /* their numbers */
    enum doing doing;
};

/* What all the cores do, in the order of `from`; equal ones in the order of
 * `core`. With no spans, `spans` may be NULL. */
struct schedule {
    int count;
    struct span *spans; /* malloc(): scheduler_free() frees it */
};

/* ---- steps 1 to 4: the scheduler ---------------------------------------- */

/*
 * From its arrival to its end a job is in one of three states:
 *
 *   running   a core computes for it
 *   ready     it stands in the queue, or a core is switching to it
 *   blocked   it waits for I/O. Each job has its own device: nobody waits for
 *             the I/O of somebody else
 *
 * There is one queue for all the cores. At each time t this happens, in this
 * order:
 *
 *   1. Jobs whose I/O is over at t go to the end of the queue, in the order
 *      of their numbers.
 *   2. Jobs that arrive at t go to the end of the queue, in the order of
 *      their numbers.
 *   3. One core after the other, from core 0 on, looks at the job that it has
 *      run up to t. If the burst is complete the job leaves the core: it is
 *      blocked until t + its I/O burst, or, if that was its last burst, has
 *      ended. If not, but it has run for `slice` ticks since it was taken from
 *      the queue, it leaves the core and goes to the end of the queue, even if
 *      nobody else is there.
 *   4. As long as a core is idle and the queue is not empty, the idle core
 *      with the lowest number takes the job at the head of the queue.
 *
 * A core that takes another job than it took last time SWITCHES: `cost` ticks
 * pass, in which it does nothing else; then it runs the job. If it takes the
 * same job again it runs it at once, also when it was idle in between. The
 * first job of all that a core takes is run at once as well: there is nothing
 * to put away.
 *
 * A slice counts the ticks that the job runs, not those of the switch. Each
 * time that it is taken from the queue it has a whole one.
 *
 * The schedule has one RUNNING span for each time that a core takes a job,
 * as long as the job runs then; and before it, when it costs something, one
 * SWITCHING span.
 *
 * Returns 0, or ENOMEM; then *schedule has no spans, and spans NULL. What was
 * in *schedule before is not looked at. Is asked for schedules that end before
 * time 1,000,000; but a slice may be as long as TICKS_MAX.
 */
int scheduler_run(const struct workload *workload,
                  const struct machine *machine, struct schedule *schedule);

/* Frees the spans; *schedule has none afterwards. */
void scheduler_free(struct schedule *schedule);

/* ---- step 5: the figures ------------------------------------------------ */

struct job_figures {
    int64_t response;   /* from its arrival until it runs for the first time */
    int64_t turnaround; /* from its arrival to its end */
    int64_t waiting;    /* how much of that it was ready */
};

struct figures {
    int64_t end;       /* of the last job; 0 if there is none */
    int64_t running;   /* ticks that cores ran jobs, all cores together */
    int64_t switching; /* and switched */
    int64_t idle;      /* and did neither, up to `end` */
    int64_t switches;  /* how often a core took another job than last time,
                          whatever that costs; its first one is no switch */
    int utilisation;   /* running, in thousandths of what all cores could have
                          done until `end`, rounded down; 0 if `end` is */
};

/*
 * The figures of a schedule of this workload on this machine. It is whole,
 * and right; not always one that scheduler_run() has made. jobs[i] belongs to
 * job i. Returns 0, or ENOMEM.
 */
int scheduler_measure(const struct workload *workload,
                      const struct machine *machine,
                      const struct schedule *schedule, struct job_figures *jobs,
                      struct figures *figures);

/* ---- step 6: charts ----------------------------------------------------- */

/*
 * Both write the chart of a schedule to `out`, which may be any stream, and
 * leave it open. All is written when they return 0: what `out` still held is
 * flushed. Otherwise they return EIO if not all could be written, ENOMEM if
 * there is no memory. They are asked for schedules of up to 1,000 ticks.
 *
 * As text: a line for each job, in the order of their numbers: its name,
 * filled up with blanks to 8 bytes; a blank; then one character for each
 * tick from 0 to the end of the job, and none behind it:
 *
 *   blank      it has not arrived yet
 *   .          it is ready, and
 *   +          a core is switching to it
 *   0 to 7     it runs on this core
 *   ~          it is blocked
 */
int scheduler_draw_text(const struct workload *workload,
                        const struct schedule *schedule, FILE *out);

/*
 * As a picture: an SVG document that a browser shows, which is XML. Its root
 * is <svg> in the name space http://www.w3.org/2000/svg, with a width and a
 * height, both whole numbers, that are large enough for what follows.
 *
 * For each span it has one <rect> with these whole numbers
 *
 *   x = 10 * from    width  = 10 * (to - from)
 *   y = 20 * core    height = 20
 *
 * and in it a <title>, which a browser shows under the mouse: the name of the
 * job, or "switch" if the core is switching. Names may contain characters
 * that mean something else in XML.
 *
 * All else is yours: colours, further attributes and elements, and also
 * further <rect>s that have no <title>.
 */
int scheduler_draw_svg(const struct workload *workload,
                       const struct machine *machine,
                       const struct schedule *schedule, FILE *out);

/* ---- step 7: workload files --------------------------------------------- */

/* What is wrong with a file, and where: lines and columns count from 1. */
struct workload_error {
    int line, column;
    char text[80]; /* for people, and not empty */
};

/*
 * Reads a workload from where `in` stands up to its end, and leaves `in` open.
 * Somebody may have read from it before: lines count from here. That may be any
 * stream, as a pipe, in which nobody can go back and whose size nobody knows. A
 * file is text without '\0':
 *
 *     # name  arrival  bursts
 *     editor  0        2 6 2 6 1
 *     cc      1        9          # computes only
 *
 * A line is one job: its name, its arrival and its bursts are the FIELDS of
 * the line, with one or more blanks or tabs between them, and perhaps before
 * and behind. Any other byte is part of a field. '#' begins a comment, wherever
 * it stands, which goes to the end of the line. A line without fields is no
 * job. Lines end in "\n" or "\r\n", the last one perhaps in neither. (Elsewhere
 * '\r' is a byte like any other; but no file has it as its last byte, or
 * directly before a '#'.) A line may be of any length, and there may be any
 * number of jobs: with none it is an empty workload, and no error. Jobs may
 * have the same name, and need not stand in the order of arrival.
 *
 * Returns
 *
 *   0        *workload is to be freed with workload_free()
 *   EINVAL   There is a mistake in the file. *error says where, of several the
 *            first: the line, and the column in which the field begins that
 *            is wrong. A column is one byte, also if it is a tab.
 *              - The name is longer than JOB_NAME_MAX.
 *              - A number (all fields but the first) is not made of the digits
 *                0 to 9 only, or is greater than TICKS_MAX.
 *              - A burst is 0.
 *            If a field is missing it is the field behind which it is: a name
 *            without an arrival, an arrival without a burst, or I/O without a
 *            further burst.
 *   EIO      `in` cannot be read to its end. (No file is tried on you that
 *            cannot be read and has a mistake as well.)
 *   ENOMEM   There is no memory for it.
 *
 * After an error *workload has no jobs, and jobs NULL. *error is yours to
 * write to in any case, and is looked at after EINVAL only.
 */
int workload_read(FILE *in, struct workload *workload,
                  struct workload_error *error);

/* Frees all of its jobs; *workload has none afterwards. */
void workload_free(struct workload *workload);

#endif
