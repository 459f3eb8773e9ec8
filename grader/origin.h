/*
 * origin.h - inside of the origin server: origin.c, which starts and ends,
 * origin_requests.c,
 * which takes requests and holds them, origin_answers.c, which answers, and
 * origin_keys.c, which counts.
 *
 * The server has two threads. One serves, and everything here is its own; it
 * has no lock. The other sleeps on the board's bell (origin_bell.c) and wakes
 * the first. Since one thread does all the serving, its counts are exact: an
 * answer's last byte is sent, and the request counted out, before any request
 * that the answer could have caused is looked at.
 */
#ifndef ORIGIN_H
#define ORIGIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <microhttpd.h>

/* ---- counts: origin_keys.c ----------------------------------------------- */

/* A request's target: each test asks for each of its own once. */
struct target {
    struct target *next;
    char name[];
};

/* All that is known of the requests whose path begins with one key. */
struct key {
    struct key *next;
    struct target *targets;
    long requests;    /* different targets asked for */
    long duplicates;  /* requests for a target that was asked for before */
    long connections; /* that carried at least one of the requests */
    long in_flight;   /* asked for, not yet answered or given up */
    long most;        /* in flight at one moment, the highest */
    long let_go;      /* times that held requests were let go unmet */
    long gave_up;     /* requests whose client went away before the end */
    long posts;
    char name[];
};

/* The key of that name; made when it is new. NULL when memory is gone. */
struct key *key_find(const char *name, size_t size);

/* Counts a request in, and out again. */
void key_enter(struct key *key, const char *method, const char *target);
void key_leave(struct key *key);

/* Writes what was counted on the record FIFO, if there is one. */
void key_report(const struct key *key);

/* The same as text for people; to be freed. */
char *key_text(const struct key *key);

/* ---- answers: origin_answers.c ------------------------------------------- */

struct request;

typedef enum MHD_Result answer(struct request *request);

struct request {
    struct request *next, *previous;
    struct MHD_Connection *connection;
    int fd;
    struct key *key;

    /* from the path */
    answer *answer;
    long together, until; /* 0: does not wait for that */
    bool closing, bye;
    unsigned long number[2];

    uint64_t posted, posted_sum;
    enum { COMING, HELD, FREE } stage;
    bool asleep;      /* suspended while its body is sent */
    bool gone;        /* its client; it is counted out */
    uint64_t allowed; /* bytes of its body that may be sent by now */
    uint64_t due;     /* when more may be; 0: not by the clock */
};

/* The answer of that name in a path, or NULL. */
answer *answer_named(const char *word);

enum MHD_Result answer_text(struct request *request, unsigned status,
                            const char *text);

/* What the paths do, for people. */
extern const char origin_help[];

uint64_t origin_now_ms(void);

/* ---- requests: origin_requests.c ----------------------------------------- */

/* For MHD_start_daemon(). */
enum MHD_Result origin_answer(void *unused, struct MHD_Connection *connection,
                              const char *url, const char *method,
                              const char *version, const char *upload,
                              size_t *size, void **state);
void origin_completed(void *unused, struct MHD_Connection *connection,
                      void **state, enum MHD_RequestTerminationCode how);
void origin_connected(void *unused, struct MHD_Connection *connection,
                      void **state, enum MHD_ConnectionNotificationCode how);

/* The descriptor that is readable when a client has gone away; -1 if it
 * cannot be made. Call once, first. */
int origin_watch_open(void);

/* Counts out the requests whose clients have gone away. */
void origin_sweep(void);

/* Requests that wait to be let go; requests that go on by the clock. */
unsigned origin_holds(void);
unsigned origin_acts(void);

/* true when connections were resumed since it was asked last: libmicrohttpd
 * does not notice by itself. */
bool origin_resumed(void);

/* Nobody can move any more: answers all that are held. */
void origin_let_go(void);

/* Goes on with what is due; milliseconds until the next, or -1. */
int origin_tick(void);

/* ---- the board: origin_bell.c -------------------------------------------- */

/* Maps the board that the grader watches, if there is one, says on it where
 * the server serves, and starts the thread that sleeps on its bell. Returns a
 * descriptor that is readable when held requests are to be let go, or -1. */
int bell_open(int port);

/* Empties that descriptor. */
void bell_heard(int fd);

/* Tells the grader how many requests are held and how many go on by the
 * clock. */
void bell_tell(unsigned holds, unsigned acts);

/* A hint to the grader, which then looks at once; proves nothing. */
void bell_hint(void);

/* One line on the record FIFO, behind the secret. */
void bell_record(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
