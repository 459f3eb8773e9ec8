/*
 * tests.c - what is observed of the downloads, and what must be.
 *
 * What the client says of itself are its results; what it did is said by the
 * origin server (origin_report()): how many requests were in flight at once,
 * on how many connections. Two devices make every run come out alike: the
 * server holds requests back until so many are there ("together/3"), or until
 * nobody can move any more. And a time-out is either short, for a request that
 * is never answered, or so long that no load can bring it about.
 */
#define _GNU_SOURCE
#include "interleave.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "async-downloads.h"
#include "body.h"

#define LONG_MS 60000 /* never comes to its end */

enum { MOST = 16, BODY_MAX = 150000 };

/* ---- devices ------------------------------------------------------------ */

struct batch {
    struct request requests[MOST];
    struct result results[MOST];
    size_t count;
    size_t failed; /* what session_fetch() returned */
};

static struct request *add(struct batch *batch, const char *url)
{
    struct request *request = &batch->requests[batch->count++];

    *request = (struct request){.url = url, .timeout_ms = LONG_MS};
    return request;
}

static void add_post(struct batch *batch, const char *url, const void *data,
                     size_t size)
{
    struct request *request = add(batch, url);

    request->post = data;
    request->size = size;
}

/* Results that were not filled in shall not look right. */
static void fetch(struct session *session, struct batch *batch)
{
    for (size_t i = 0; i < MOST; i++)
        batch->results[i] = (struct result){.error = -1, .status = -1};
    batch->failed =
        session_fetch(session, batch->requests, batch->count, batch->results);
}

static struct session *new_session(int most)
{
    struct session *session = session_open(most, BODY_MAX);

    cr_assert(session != NULL, "session_open() returned NULL");
    return session;
}

/* All of one batch, in a session of its own. */
static void fetch_alone(int most, struct batch *batch)
{
    struct session *session = new_session(most);

    fetch(session, batch);
    session_close(session);
}

/* "200, 5 bytes, 0123456789abcdef", or "error ETIMEDOUT". */
static const char *tell(const struct result *result)
{
    static char text[96];
    const char *error = result->error == 0              ? NULL
                        : result->error == ECONNREFUSED ? "ECONNREFUSED"
                        : result->error == ETIMEDOUT    ? "ETIMEDOUT"
                        : result->error == EMSGSIZE     ? "EMSGSIZE"
                        : result->error == ENOMEM       ? "ENOMEM"
                        : result->error == EIO          ? "EIO"
                        : result->error == -1           ? "not filled in"
                                                        : "of no known kind";

    if (error != NULL)
        snprintf(text, sizeof text, "error %s%s", error,
                 result->body != NULL && result->error > 0 ? ", and a body"
                                                           : "");
    else if (result->body == NULL)
        snprintf(text, sizeof text, "%ld, no body", result->status);
    else
        snprintf(
            text, sizeof text, "%ld, %zu bytes, %016llx", result->status,
            result->size,
            (unsigned long long)body_sum(BODY_SUM, result->body, result->size));
    return text;
}

static void observe_results(const struct batch *batch)
{
    for (size_t i = 0; i < batch->count; i++) {
        char key[32];

        snprintf(key, sizeof key, "result-%zu", i);
        observe_str(key, tell(&batch->results[i]));
    }
    observe_int("failed", (long long)batch->failed);
}

/* Ends a test: what the server saw; everything is given back. */
static void report(struct batch *batch)
{
    cr_assert(origin_report() == 0, "the test has no web server to ask");
    results_free(batch->results, batch->count);
}

/* ---- what must be seen --------------------------------------------------- */

static void expect_result(int i, const char *what, const char *why)
{
    char key[32];

    snprintf(key, sizeof key, "result-%d", i);
    expect_str(key, what, why);
}

/* That response, with these bytes. */
static void expect_bytes(int i, int status, const void *data, size_t size,
                         const char *why)
{
    char text[96];

    snprintf(text, sizeof text, "%d, %zu bytes, %016llx", status, size,
             (unsigned long long)body_sum(BODY_SUM, data, size));
    expect_result(i, text, why);
}

/* The answer to body/SIZE/SEED. */
static void expect_body(int i, size_t size, unsigned seed, const char *why)
{
    unsigned char *data = malloc(size + 1);

    for (size_t at = 0; data != NULL && at < size; at++)
        data[at] = body_byte(seed, at);
    expect_bytes(i, 200, data, size, why);
    free(data);
}

/* The answer to echo. */
static void expect_echo(int i, const void *data, size_t size, const char *why)
{
    char text[64];
    int n = snprintf(text, sizeof text, "%zu %016llx\n", size,
                     (unsigned long long)body_sum(BODY_SUM, data, size));

    expect_bytes(i, 200, text, (size_t)n, why);
}

static void expect_status(int i, int status, const char *why)
{
    char text[64];
    int n = snprintf(text, sizeof text, "status %d\n", status);

    expect_bytes(i, status, text, (size_t)n, why);
}

#define UNHARMED "a failure costs no other request anything"

/* ---- results ------------------------------------------------------------- */

enum { SIZES = 6 };

/* Nothing, a byte, a few, as many as libcurl hands over at once, far more. */
static size_t size_of_body(int i)
{
    uint64_t state = seed();
    const size_t sizes[SIZES] = {0,     1,     500 + draw(&state) % 500,
                                 16384, 16385, 80000 + draw(&state) % 20000};

    return sizes[i];
}

static unsigned seed_of_body(int i)
{
    return (unsigned)(seed() % 1000) * 10 + (unsigned)i;
}

/* What malloc() has in stock for small blocks holds no zeros: so that no 0
 * stands behind a body by luck. */
static void soil_memory(void)
{
    enum { EACH = 7, MOST_BYTES = 1032 };
    static void *blocks[EACH * (MOST_BYTES / 16 + 1)];
    size_t count = 0;

    for (size_t size = 24; size <= MOST_BYTES; size += 16)
        for (int i = 0; i < EACH; i++)
            if ((blocks[count] = malloc(size)) != NULL)
                memset(blocks[count++], 0xa5, size);
    while (count > 0)
        free(blocks[--count]);
}

/* How many of the results have a 0 after their bytes. */
static int count_ended(const struct batch *batch)
{
    int n = 0;

    for (size_t i = 0; i < batch->count; i++) {
        const struct result *result = &batch->results[i];

        n += result->error == 0 && result->body != NULL &&
             result->body[result->size] == '\0';
    }
    return n;
}

Test(results, whole_bodies)
{
    struct batch batch = {.count = 0};

    soil_memory();
    for (int i = 0; i < SIZES; i++)
        add(&batch,
            origin_url("body/%zu/%u", size_of_body(i), seed_of_body(i)));
    fetch_alone(2, &batch);
    observe_results(&batch);
    observe_int("ended", count_ended(&batch));
    report(&batch);
}

Expect(results, whole_bodies)
{
    for (int i = 0; i < SIZES; i++)
        expect_body(i, size_of_body(i), seed_of_body(i),
                    "the body has come whole, however many parts it came in, "
                    "and whatever bytes are in it");
    expect_int("ended", EQUAL, SIZES,
               "each body has a 0 after its last byte, which does not count");
    expect_int("failed", EQUAL, 0, "no request failed");
    expect_int("requests", EQUAL, SIZES, "each URL is asked for");
    expect_int("posts", EQUAL, 0, "without a body to send it is a GET");
}

Test(results, in_pieces)
{
    struct batch batch = {.count = 0};

    add(&batch, origin_url("drip/3000/%u", seed_of_body(0)));
    add(&batch, origin_url("drip/80/%u", seed_of_body(1)));
    fetch_alone(2, &batch);
    observe_results(&batch);
    report(&batch);
}

Expect(results, in_pieces)
{
    expect_body(0, 3000, seed_of_body(0),
                "a body that comes little by little is put together");
    expect_body(1, 80, seed_of_body(1),
                "a body that comes little by little is put together");
    expect_int("failed", EQUAL, 0, "no request failed");
}

/* With two in flight, the first is answered only when the others were asked
 * for: so it ends after the second has ended. */
Test(results, first_ends_last)
{
    struct batch batch = {.count = 0};

    add(&batch, origin_url("until/4/body/50/%u", seed_of_body(0)));
    for (int i = 1; i < 4; i++)
        add(&batch, origin_url("body/50/%u", seed_of_body(i)));
    fetch_alone(2, &batch);
    observe_results(&batch);
    report(&batch);
}

Expect(results, first_ends_last)
{
    for (int i = 0; i < 4; i++)
        expect_body(i, 50, seed_of_body(i),
                    "results[i] belongs to requests[i], whatever the order "
                    "in which they end");
    expect_int("failed", EQUAL, 0, "no request failed");
}

/* A zero byte, nothing at all, more than is sent at once. */
static unsigned char *drawn_bytes(size_t size)
{
    unsigned char *data = malloc(size + 1);

    for (size_t at = 0; data != NULL && at < size; at++)
        data[at] = body_byte(seed_of_body(9), at);
    return data;
}

enum { LARGE = 90000 };

static const char zero_inside[] = "before\0after";

Test(results, posts)
{
    struct batch batch = {.count = 0};
    unsigned char *large = drawn_bytes(LARGE);

    add_post(&batch, origin_url("echo/0"), "hello", 5);
    add_post(&batch, origin_url("echo/1"), zero_inside, sizeof zero_inside);
    add(&batch, origin_url("body/20/%u", seed_of_body(2)));
    add_post(&batch, origin_url("echo/3"), large, LARGE);
    add_post(&batch, origin_url("echo/4"), "", 0);
    add(&batch, origin_url("body/21/%u", seed_of_body(5)));
    fetch_alone(2, &batch);
    observe_results(&batch);
    free(large);
    report(&batch);
}

Expect(results, posts)
{
    unsigned char *large = drawn_bytes(LARGE);
    const char *why = "the server has received the bytes of this very request, "
                      "all of them";

    expect_echo(0, "hello", 5, why);
    expect_echo(1, zero_inside, sizeof zero_inside, why);
    expect_body(2, 20, seed_of_body(2), "a GET after a POST is a GET");
    expect_echo(3, large, LARGE, why);
    expect_echo(4, "", 0, "a POST of nothing is a POST");
    expect_body(5, 21, seed_of_body(5), "a GET after a POST is a GET");
    expect_int("posts", EQUAL, 4, "what has a body to send is a POST");
    expect_int("failed", EQUAL, 0, "no request failed");
    free(large);
}

Test(results, statuses)
{
    struct batch batch = {.count = 0};

    add(&batch, origin_url("status/404"));
    add(&batch, origin_url("status/200"));
    add(&batch, origin_url("redirect/302"));
    add(&batch, origin_url("status/500"));
    add_post(&batch, origin_url("redirect/307"), "moved", 5);
    fetch_alone(2, &batch);
    observe_results(&batch);
    report(&batch);
}

Expect(results, statuses)
{
    expect_status(0, 404, "404 is a status, and no error");
    expect_status(1, 200, UNHARMED);
    expect_bytes(2, 302, "", 0, "a redirect is not followed");
    expect_status(3, 500, "500 is a status, and no error");
    expect_bytes(4, 307, "", 0, "a redirect is not followed");
    expect_int("failed", EQUAL, 0, "no request failed");
    expect_int("requests", EQUAL, 5, "a redirect is not followed");
}

static bool right_body(const struct result *result, size_t size, unsigned seed)
{
    if (result->body == NULL || result->size != size || result->status != 200)
        return false;
    for (size_t at = 0; at < size; at++)
        if ((unsigned char)result->body[at] != body_byte(seed, at))
            return false;
    return true;
}

enum { MANY = 150, SMALL_BODY = 20 };

/* More than fit into a table that is large enough for every other test. */
Test(results, many)
{
    static struct request requests[MANY];
    static struct result results[MANY];
    struct session *session = new_session(4);
    int right = 0;

    for (int i = 0; i < MANY; i++) {
        requests[i].url = origin_url("body/%d/%u", SMALL_BODY, seed_of_body(i));
        requests[i].timeout_ms = LONG_MS;
        results[i] = (struct result){.error = -1, .status = -1};
    }
    observe_int("failed",
                (long long)session_fetch(session, requests, MANY, results));
    session_close(session);
    for (int i = 0; i < MANY; i++)
        right += results[i].error == 0 &&
                 right_body(&results[i], SMALL_BODY, seed_of_body(i));
    observe_int("right", right);
    cr_assert(origin_report() == 0, "the test has no web server to ask");
    results_free(results, MANY);
}

Expect(results, many)
{
    expect_int("failed", EQUAL, 0, "no request failed");
    expect_int("right", EQUAL, MANY,
               "results[i] belongs to requests[i], however many there are");
    expect_int("requests", EQUAL, MANY, "each URL is asked for");
}

Test(results, nothing_to_do)
{
    struct batch batch = {.count = 0};

    fetch_alone(2, &batch);
    observe_int("failed", (long long)batch.failed);
    report(&batch);
}

Expect(results, nothing_to_do)
{
    expect_int("failed", EQUAL, 0, "no request failed");
    expect_int("requests", EQUAL, 0, "nothing was asked for");
}

/* ---- failures ------------------------------------------------------------ */

Test(failures, each)
{
    struct batch batch = {.count = 0};
    char nobody[64];

    snprintf(nobody, sizeof nobody, "http://127.0.0.1:%d/",
             origin_closed_port());
    add(&batch, origin_url("body/100/%u/0", seed_of_body(0)));
    add(&batch, origin_url("close/1"));
    add(&batch, origin_url("truncated/30000/2"));
    add(&batch, nobody);
    add(&batch, origin_url("body/100/%u/4", seed_of_body(4)));
    add(&batch, origin_url("garbage/5"));
    add(&batch, origin_url("endless/6"));
    add(&batch, origin_url("body/%d/%u/7", BODY_MAX, seed_of_body(7)));
    add(&batch, origin_url("body/%d/%u/8", BODY_MAX + 1, seed_of_body(8)));
    add_post(&batch, origin_url("close/9"), "post", 4);
    add_post(&batch, origin_url("echo/10"), "post", 4);
    fetch_alone(3, &batch);
    observe_results(&batch);
    report(&batch);
}

Expect(failures, each)
{
    expect_body(0, 100, seed_of_body(0), UNHARMED);
    expect_result(1, "error EIO", "the connection ended without a response");
    expect_result(2, "error EIO", "half a body is no body");
    expect_result(3, "error ECONNREFUSED", "nobody listens on that port");
    expect_body(4, 100, seed_of_body(4), UNHARMED);
    expect_result(5, "error EIO", "what came is not HTTP");
    expect_result(6, "error EMSGSIZE", "this body has no end");
    expect_body(7, BODY_MAX, seed_of_body(7),
                "a body of just body_max bytes is not too large");
    expect_result(8, "error EMSGSIZE",
                  "a body of body_max + 1 bytes is too large");
    expect_result(9, "error EIO", "the connection ended without a response");
    expect_echo(10, "post", 4, UNHARMED);
    expect_int("failed", EQUAL, 7, "the result says how many have failed");
}

/* Each in a session of its own: on a connection that is new libcurl itself
 * sends nothing twice. */
Test(failures, not_tried_again)
{
    const char *const urls[] = {origin_url("close/0"),
                                origin_url("truncated/30000/1"),
                                origin_url("garbage/2")};
    struct batch all = {.count = 0};

    for (int i = 0; i < 3; i++) {
        struct batch one = {.count = 0};

        add_post(&one, urls[i], "pizza", 5);
        fetch_alone(2, &one);
        all.results[all.count++] = one.results[0];
        all.failed += one.failed;
    }
    observe_results(&all);
    report(&all);
}

Expect(failures, not_tried_again)
{
    expect_result(0, "error EIO", "the connection ended without a response");
    expect_result(1, "error EIO", "half a body is no body");
    expect_result(2, "error EIO", "what came is not HTTP");
    expect_int("failed", EQUAL, 3, "the result says how many have failed");
    expect_int("requests", EQUAL, 3, "each URL is asked for");
    expect_int("duplicates", EQUAL, 0,
               "a request that has failed is not tried again: the server may "
               "have done what it was asked for, and would do it twice");
}

/* Two that never come to their end, among others. */
Test(failures, in_time)
{
    struct batch batch = {.count = 0};

    add(&batch, origin_url("never/0"))->timeout_ms = 60;
    add(&batch, origin_url("body/100/%u/1", seed_of_body(1)));
    add(&batch, origin_url("silent/1000/2"))->timeout_ms = 60;
    add(&batch, origin_url("body/100/%u/3", seed_of_body(3)));
    fetch_alone(3, &batch);
    observe_results(&batch);
    report(&batch);
}

Expect(failures, in_time)
{
    expect_result(0, "error ETIMEDOUT", "no answer came in time");
    expect_body(1, 100, seed_of_body(1), UNHARMED);
    expect_result(2, "error ETIMEDOUT", "the body did not come in time");
    expect_body(3, 100, seed_of_body(3), UNHARMED);
    expect_int("failed", EQUAL, 2, "the result says how many have failed");
}

enum { FILLERS = 4 };

/* A port on which somebody listens and accepts nobody: its queue is full. */
static int open_full_port(int fds[1 + FILLERS])
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof address;

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    for (int i = 0; i < 1 + FILLERS; i++)
        fds[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    cr_assert(bind(fds[0], (struct sockaddr *)&address, size) == 0 &&
                  listen(fds[0], 0) == 0 &&
                  getsockname(fds[0], (struct sockaddr *)&address, &size) == 0,
              "the test cannot listen");
    for (int i = 0; i < FILLERS; i++)
        cr_assert(connect(fds[1 + i], (struct sockaddr *)&address, size) == 0 ||
                      errno == EINPROGRESS,
                  "the test cannot connect");
    return ntohs(address.sin_port);
}

Test(failures, never_connected)
{
    struct batch batch = {.count = 0};
    int fds[1 + FILLERS];
    char full[64];

    snprintf(full, sizeof full, "http://127.0.0.1:%d/", open_full_port(fds));
    add(&batch, full)->timeout_ms = 60;
    add(&batch, origin_url("body/100/%u/1", seed_of_body(1)));
    fetch_alone(1, &batch);
    observe_results(&batch);
    for (int i = 0; i < 1 + FILLERS; i++)
        close(fds[i]);
    report(&batch);
}

Expect(failures, never_connected)
{
    expect_result(0, "error ETIMEDOUT",
                  "a transfer starts with its connection: the time that this "
                  "takes is part of its own");
    expect_body(1, 100, seed_of_body(1), UNHARMED);
}

/* There is always something new, and still no end. */
Test(failures, little_by_little)
{
    struct batch batch = {.count = 0};

    add(&batch, origin_url("trickle/300/%u/0", seed_of_body(0)))->timeout_ms =
        100;
    add(&batch, origin_url("body/100/%u/1", seed_of_body(1)));
    fetch_alone(2, &batch);
    observe_results(&batch);
    report(&batch);
}

Expect(failures, little_by_little)
{
    expect_result(0, "error ETIMEDOUT",
                  "the time-out is for the whole transfer, and not for each "
                  "piece of it");
    expect_body(1, 100, seed_of_body(1), UNHARMED);
    expect_int("failed", EQUAL, 1, "the result says how many have failed");
}

/* One at a time: when the second begins, more time has passed than it has. */
Test(failures, time_in_the_queue)
{
    struct batch batch = {.count = 0};

    add(&batch, origin_url("never/0"))->timeout_ms = 240;
    add(&batch, origin_url("never/1"))->timeout_ms = 120;
    add(&batch, origin_url("body/100/%u/2", seed_of_body(2)));
    fetch_alone(1, &batch);
    observe_results(&batch);
    report(&batch);
}

Expect(failures, time_in_the_queue)
{
    expect_result(0, "error ETIMEDOUT", "no answer came in time");
    expect_result(1, "error ETIMEDOUT", "no answer came in time");
    expect_body(2, 100, seed_of_body(2), UNHARMED);
    expect_int("requests", EQUAL, 3,
               "the time-out counts from the start of a transfer: the second "
               "has all of its time, and is sent");
}

/* ---- in flight ----------------------------------------------------------- */

/* All bodies are the same here: whose is whose is asked elsewhere. */
static void fetch_together(int most, int count, int together)
{
    struct batch batch = {.count = 0};

    for (int i = 0; i < count; i++)
        add(&batch, origin_url("together/%d/status/200/%d", together, i));
    fetch_alone(most, &batch);
    observe_results(&batch);
    report(&batch);
}

static void expect_together(int count)
{
    for (int i = 0; i < count; i++)
        expect_status(i, 200, "each request has its result");
}

Test(flight, at_least)
{
    fetch_together(3, 6, 3);
}

Expect(flight, at_least)
{
    expect_together(6);
    expect_int("most-in-flight", AT_LEAST, 3,
               "three may be in flight, so three are: the server answers "
               "nobody before");
    expect_int("let-go", EQUAL, 0,
               "the second three are in flight at once like the first");
}

Test(flight, at_most)
{
    fetch_together(3, 9, 4);
}

Expect(flight, at_most)
{
    expect_together(9);
    expect_int("most-in-flight", EQUAL, 3,
               "three are in flight, and never more: that is what the session "
               "allows");
}

/* Each second request goes to another host. */
Test(flight, two_hosts)
{
    struct batch batch = {.count = 0};

    for (int i = 0; i < 9; i++) {
        const char *url = origin_url("together/4/status/200/%d", i);

        add(&batch, i % 2 == 0 ? url : origin_elsewhere(url));
    }
    fetch_alone(3, &batch);
    observe_results(&batch);
    report(&batch);
}

Expect(flight, two_hosts)
{
    expect_together(9);
    expect_int("most-in-flight", EQUAL, 3,
               "three are in flight, whichever host they are sent to: that is "
               "what the session allows, and not three for each host");
}

Test(flight, one)
{
    fetch_together(1, 3, 2);
}

Expect(flight, one)
{
    expect_together(3);
    expect_int("most-in-flight", AT_MOST, 1,
               "never more are in flight than the session allows");
}

/* The first is answered only when the last is there. */
Test(flight, next_at_once)
{
    struct batch batch = {.count = 0};

    add(&batch, origin_url("until/%d/status/200/0", MOST));
    for (int i = 1; i < MOST; i++)
        add(&batch, origin_url("status/200/%d", i));
    fetch_alone(2, &batch);
    observe_results(&batch);
    report(&batch);
}

Expect(flight, next_at_once)
{
    expect_together(MOST);
    expect_int("let-go", EQUAL, 0,
               "when one has ended the next is started, and waits for no "
               "other");
}

/* ---- the session --------------------------------------------------------- */

/* Two that are open at one time, and accept different bodies. */
Test(session, two)
{
    struct session *narrow = session_open(1, 99), *wide = new_session(3);
    struct batch first = {.count = 0}, second = {.count = 0}, third;

    cr_assert(narrow != NULL, "session_open() returned NULL");
    add(&first, origin_url("body/100/%u/0", seed_of_body(0)));
    add(&second, origin_url("body/100/%u/1", seed_of_body(1)));
    third = first;
    third.requests[0].url = origin_url("body/100/%u/2", seed_of_body(2));
    fetch(narrow, &first);
    fetch(wide, &second);
    session_close(narrow);
    fetch(wide, &third);
    session_close(wide);
    observe_str("narrow", tell(&first.results[0]));
    second.results[second.count++] = third.results[0];
    second.failed += third.failed;
    observe_results(&second);
    results_free(first.results, first.count);
    report(&second);
}

Expect(session, two)
{
    expect_str("narrow", "error EMSGSIZE",
               "each session has limits of its own, however many are open");
    expect_body(0, 100, seed_of_body(1),
                "each session has limits of its own, however many are open");
    expect_body(1, 100, seed_of_body(2),
                "what closes one session is nothing to another");
    expect_int("failed", EQUAL, 0, "no request failed");
}

Test(session, connections)
{
    struct session *session = new_session(2);
    struct batch first = {.count = 0}, second = {.count = 0};

    for (int i = 0; i < 6; i++)
        add(&first, origin_url("status/200/%d", i));
    for (int i = 0; i < 2; i++)
        add(&second, origin_url("status/200/again/%d", i));
    fetch(session, &first);
    fetch(session, &second);
    session_close(session);
    observe_int("failed", (long long)(first.failed + second.failed));
    results_free(first.results, first.count);
    report(&second);
}

Expect(session, connections)
{
    expect_int("failed", EQUAL, 0, "no request failed");
    expect_int("requests", EQUAL, 8, "each URL is asked for");
    expect_int("connections", AT_MOST, 2,
               "with two in flight, two connections are enough for all "
               "requests of a session");
}

/* A server may close a connection after an answer, and need not say so. */
Test(session, server_hangs_up)
{
    struct batch batch = {.count = 0};

    add(&batch, origin_url("bye/status/200/0"));
    add(&batch, origin_url("closing/status/200/1"));
    add_post(&batch, origin_url("bye/echo/2"), "post", 4);
    add_post(&batch, origin_url("echo/3"), "post", 4);
    fetch_alone(1, &batch);
    observe_results(&batch);
    report(&batch);
}

Expect(session, server_hangs_up)
{
    const char *why = "a connection that was closed is replaced";

    expect_status(0, 200, why);
    expect_status(1, 200, why);
    expect_echo(2, "post", 4, why);
    expect_echo(3, "post", 4, why);
    expect_int("failed", EQUAL, 0, "no request failed");
}

/* ---- one thread ---------------------------------------------------------- */

Test(thread, one)
{
    fetch_together(4, 4, 4);
}

Expect(thread, one)
{
    expect_int("most-in-flight", AT_LEAST, 4,
               "four may be in flight, so four are");
    expect_int("threads", EQUAL, 1,
               "one thread waits for all of them; no other is started");
}

/*
 * Each request is held back until nobody can move any more. Who asks again and
 * again for what has come has used up the processor time of a test before the
 * last of them, and who naps in between its wall time.
 */
Test(thread, asleep)
{
    fetch_together(1, 12, 2);
}

Expect(thread, asleep)
{
    expect_together(12);
    expect_int("requests", EQUAL, 12, "each request is sent");
}

/* ---- faults: any call may fail -------------------------------------------
 *
 * These run many times, and each time another call of the student's code
 * fails. An error is right then; a wrong result is not.
 */

enum { FAULT_BODY = 40000 };

/* An error without anything beside it, or the right result. */
static bool wrong(const struct result *result, size_t size, unsigned seed)
{
    if (result->error == 0)
        return !right_body(result, size, seed);
    return result->error < 0 || result->body != NULL || result->size != 0 ||
           result->status != 0;
}

/* One alone at first: which piece of whose body comes next is chance when
 * there are two. */
Test(faults, fetch_twice)
{
    struct batch batch = {.count = 0};
    struct session *session;
    int wrongs = 0, errors = 0;

    faults_spare("epoll_ctl"); /* it cannot fail here, but by a mistake */
    session = session_open(2, BODY_MAX);
    for (int i = 0; i < 4; i++)
        add(&batch, origin_url("body/%d/%d", FAULT_BODY, i));
    for (int turn = 0; session != NULL && turn < 2; turn++) {
        size_t failed = 0;

        batch.count = turn == 0 ? 1 : 4;
        fetch(session, &batch);
        for (size_t i = 0; i < batch.count; i++) {
            wrongs += wrong(&batch.results[i], FAULT_BODY, (unsigned)i);
            failed += batch.results[i].error != 0;
        }
        wrongs += failed != batch.failed;
        errors += (int)failed;
        results_free(batch.results, batch.count);
    }
    if (session != NULL)
        session_close(session);
    if (fault_kind() <= FAULT_SOFT)
        observe_int("errors", errors + (session == NULL));
    observe_int("wrong", wrongs);
}

Expect(faults, fetch_twice)
{
    expect_int("errors", EQUAL, 0, "nothing went wrong that matters");
    expect_int("wrong", EQUAL, 0,
               "each result is the right one, or an error with nothing "
               "beside it");
}
