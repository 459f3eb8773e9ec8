/*
 * origin_requests.c - requests come, are held, are let go, and end.
 *
 * A path says everything: /KEY, then words that hold the request back
 * ("together/3", "until/2") or end its connection ("closing", "bye"), then
 * what is answered ("body/1000/7"). What follows is for the client to tell its
 * requests apart. libmicrohttpd calls origin_answer() when a request's head
 * has come, with each part of its body, and at its end; once more when a
 * request that was held has been resumed.
 *
 * Every request under way has its descriptor in an epoll set of our own, so
 * that a client that goes away is seen while the request is held, and before
 * the next request is counted.
 */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "../harness/body.h"
#include "origin.h"

/* One connection of a client. */
struct client {
    const struct key *key; /* of its last request */
};

static struct request under_way = {.next = &under_way, .previous = &under_way};
static int watch = -1;
static bool resumed; /* a connection, since origin_resumed() */

/* ---- the path ------------------------------------------------------------ */

/* The next word of a path; false at its end. */
static bool next_word(const char **path, char *word, size_t size)
{
    const char *at = *path;
    size_t n;

    at += *at == '/';
    n = strcspn(at, "/");
    if (n == 0 || n >= size)
        return false;
    memcpy(word, at, n);
    word[n] = '\0';
    *path = at + n;
    return true;
}

static long next_number(const char **path)
{
    const char *before = *path;
    char word[32], *end = word;
    long number =
        next_word(path, word, sizeof word) ? strtol(word, &end, 10) : 0;

    if (*end == '\0' && end != word && number >= 0)
        return number;
    *path = before;
    return 0;
}

/* false when the path asks for nothing that there is */
static bool read_path(struct request *request, const char *path)
{
    char word[32];

    while (next_word(&path, word, sizeof word)) {
        if (strcmp(word, "together") == 0) {
            request->together = next_number(&path);
        } else if (strcmp(word, "until") == 0) {
            request->until = next_number(&path);
        } else if (strcmp(word, "closing") == 0) {
            request->closing = true;
        } else if (strcmp(word, "bye") == 0) {
            request->bye = true;
        } else {
            request->answer = answer_named(word);
            request->number[0] = (unsigned long)next_number(&path);
            request->number[1] = (unsigned long)next_number(&path);
            return request->answer != NULL;
        }
    }
    return false;
}

/* ---- holding and letting go ---------------------------------------------- */

/* Those of one key that wait for company. Only these count: one that was let
 * go is still in flight until its answer is sent, but does not wait. */
static long waiting_together(const struct key *key)
{
    long n = 0;

    for (struct request *at = under_way.next; at != &under_way; at = at->next)
        n += at->key == key && at->stage == HELD && at->together > 0;
    return n;
}

static bool must_wait(const struct request *request, long together)
{
    return together < request->together ||
           request->key->requests < request->until;
}

static void resume(struct request *request)
{
    resumed = true;
    MHD_resume_connection(request->connection);
}

bool origin_resumed(void)
{
    bool any = resumed;

    resumed = false;
    return any;
}

static void set_free(struct request *request)
{
    request->stage = FREE;
    request->together = request->until = 0;
    resume(request);
}

static void wake(struct request *request)
{
    request->asleep = false;
    request->due = 0;
    resume(request);
}

static bool waits(const struct request *request)
{
    return request->stage == HELD &&
           (request->together > 0 || request->until > 0);
}

/* One has come: perhaps it is the one that others wait for. */
static void let_go_of(const struct key *key, long together)
{
    for (struct request *at = under_way.next; at != &under_way; at = at->next)
        if (at->key == key && waits(at) && !must_wait(at, together))
            set_free(at);
}

/* All of the request has come. true when it has to wait for others; when it
 * has not, neither have they. */
static bool hold(struct request *request)
{
    long together = waiting_together(request->key) + (request->together > 0);

    if (must_wait(request, together)) {
        request->stage = HELD;
        MHD_suspend_connection(request->connection);
        return true;
    }
    let_go_of(request->key, together);
    return false;
}

void origin_let_go(void)
{
    for (struct request *at = under_way.next; at != &under_way; at = at->next)
        if (waits(at)) {
            at->key->let_go++;
            set_free(at);
        }
}

unsigned origin_holds(void)
{
    unsigned n = 0;

    for (struct request *at = under_way.next; at != &under_way; at = at->next)
        n += waits(at);
    return n;
}

unsigned origin_acts(void)
{
    unsigned n = 0;

    for (struct request *at = under_way.next; at != &under_way; at = at->next)
        n += at->due != 0;
    return n;
}

int origin_tick(void)
{
    uint64_t now = origin_now_ms(), soonest = UINT64_MAX;

    for (struct request *at = under_way.next; at != &under_way; at = at->next) {
        if (at->due != 0 && at->due <= now)
            wake(at);
        if (at->due != 0 && at->due < soonest)
            soonest = at->due;
    }
    return soonest == UINT64_MAX ? -1 : (int)(soonest - now);
}

/* ---- coming and going ---------------------------------------------------- */

int origin_watch_open(void)
{
    watch = epoll_create1(EPOLL_CLOEXEC);
    return watch;
}

static void count_out(struct request *request)
{
    epoll_ctl(watch, EPOLL_CTL_DEL, request->fd, NULL);
    key_leave(request->key);
}

void origin_sweep(void)
{
    struct epoll_event events[64];
    int n;

    while ((n = epoll_wait(watch, events, 64, 0)) > 0)
        for (int i = 0; i < n; i++) {
            struct request *request = events[i].data.ptr;

            count_out(request);
            request->gone = true;
            request->key->gave_up++;
            if (request->stage == HELD)
                set_free(request);
            else if (request->asleep)
                wake(request);
        }
}

static void count_connection(struct request *request)
{
    struct client *client =
        MHD_get_connection_info(request->connection,
                                MHD_CONNECTION_INFO_SOCKET_CONTEXT)
            ->socket_context;

    if (client != NULL && client->key != request->key) {
        client->key = request->key;
        request->key->connections++;
    }
}

/* A new request, counted; NULL when memory is gone. */
static struct request *enter(struct MHD_Connection *connection, const char *url,
                             const char *method)
{
    struct request *request = calloc(1, sizeof *request);
    struct epoll_event event = {.events = EPOLLRDHUP, .data.ptr = request};
    size_t size = strcspn(url + 1, "/");

    if (request == NULL)
        return NULL;
    request->key = key_find(url + 1, size);
    if (request->key == NULL || !read_path(request, url + 1 + size)) {
        free(request);
        return NULL;
    }
    request->connection = connection;
    request->fd =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)
            ->connect_fd;
    request->posted_sum = BODY_SUM;
    request->next = under_way.next;
    request->previous = &under_way;
    request->next->previous = under_way.next = request;
    origin_sweep();
    epoll_ctl(watch, EPOLL_CTL_ADD, request->fd, &event);
    count_connection(request);
    key_enter(request->key, method, url);
    let_go_of(request->key, waiting_together(request->key));
    return request;
}

void origin_completed(void *unused, struct MHD_Connection *connection,
                      void **state, enum MHD_RequestTerminationCode how)
{
    struct request *request = *state;

    (void)unused;
    (void)connection;
    (void)how;
    *state = NULL;
    if (request == NULL)
        return;
    if (!request->gone)
        count_out(request);
    if (request->bye)
        shutdown(request->fd, SHUT_RDWR);
    request->next->previous = request->previous;
    request->previous->next = request->next;
    free(request);
}

void origin_connected(void *unused, struct MHD_Connection *connection,
                      void **state, enum MHD_ConnectionNotificationCode how)
{
    (void)unused;
    (void)connection;
    if (how == MHD_CONNECTION_NOTIFY_STARTED) {
        *state = calloc(1, sizeof(struct client));
    } else {
        free(*state);
        *state = NULL;
    }
}

/* The report, or how the server is used; neither is counted. */
static enum MHD_Result answer_apart(struct MHD_Connection *connection,
                                    const char *url)
{
    struct request request = {.connection = connection};
    size_t size = strcspn(url + 1, "/");
    struct key *key;
    enum MHD_Result result;
    char *text;

    if (strcmp(url + 1 + size, "/report") != 0)
        return answer_text(&request, MHD_HTTP_NOT_FOUND, origin_help);
    origin_sweep();
    key = key_find(url + 1, size);
    text = key != NULL ? key_text(key) : NULL;
    if (text == NULL)
        return MHD_NO;
    key_report(key);
    result = answer_text(&request, MHD_HTTP_OK, text);
    free(text);
    return result;
}

enum MHD_Result origin_answer(void *unused, struct MHD_Connection *connection,
                              const char *url, const char *method,
                              const char *version, const char *upload,
                              size_t *size, void **state)
{
    struct request *request = *state;

    (void)unused;
    (void)version;
    if (request == NULL) {
        request = *state = enter(connection, url, method);
        return request != NULL ? MHD_YES : answer_apart(connection, url);
    }
    if (request->gone)
        return MHD_NO;
    if (*size > 0) {
        request->posted += *size;
        request->posted_sum = body_sum(request->posted_sum, upload, *size);
        *size = 0;
        return MHD_YES;
    }
    if (request->stage == COMING && hold(request))
        return MHD_YES;
    request->stage = FREE;
    return request->answer(request);
}
