/*
 * origin_answers.c - what the server answers, good manners and bad.
 *
 * A body is made while it is sent, by a function that libmicrohttpd calls for
 * the next part. It can suspend its connection: then nothing more is sent
 * until the connection is resumed.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "../harness/body.h"
#include "origin.h"

#define BLOCK    16384
#define PIECES   8
#define ENDLESS  (16u * 1024 * 1024)
#define TOO_MUCH 10 /* bytes more than were promised */
#define TRICKLE  20 /* milliseconds between two bytes */

uint64_t origin_now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* ---- bodies -------------------------------------------------------------- */

static void sleep_in_body(struct request *request)
{
    request->asleep = true;
    MHD_suspend_connection(request->connection);
}

static ssize_t fill(const struct request *request, uint64_t at, char *data,
                    size_t size)
{
    for (size_t i = 0; i < size; i++)
        data[i] = (char)body_byte(request->number[1], at + i);
    return (ssize_t)size;
}

/* Sends what is allowed, then sleeps until more is, or for ever. */
static ssize_t send_allowed(void *state, uint64_t at, char *data, size_t size)
{
    struct request *request = state;

    if (request->gone)
        return MHD_CONTENT_READER_END_WITH_ERROR;
    if (at >= request->allowed) {
        sleep_in_body(request);
        return 0;
    }
    if (size > request->allowed - at)
        size = (size_t)(request->allowed - at);
    return fill(request, at, data, size);
}

/* Sends what is allowed, then closes the connection. */
static ssize_t send_and_close(void *state, uint64_t at, char *data, size_t size)
{
    struct request *request = state;

    if (request->gone || at >= request->allowed)
        return MHD_CONTENT_READER_END_WITH_ERROR;
    if (size > request->allowed - at)
        size = (size_t)(request->allowed - at);
    return fill(request, at, data, size);
}

/* The next piece is allowed after a pause. */
static ssize_t send_piece(struct request *request, uint64_t at, char *data,
                          size_t size, uint64_t piece, uint64_t pause_ms)
{
    if (at >= request->allowed && !request->gone) {
        request->due = origin_now_ms() + pause_ms;
        request->allowed += piece;
        sleep_in_body(request);
        return 0;
    }
    return send_allowed(request, at, data, size);
}

static ssize_t send_drip(void *state, uint64_t at, char *data, size_t size)
{
    struct request *request = state;

    return send_piece(request, at, data, size, request->number[0] / PIECES + 1,
                      1);
}

static ssize_t send_trickle(void *state, uint64_t at, char *data, size_t size)
{
    return send_piece(state, at, data, size, 1, TRICKLE);
}

static enum MHD_Result queue(struct request *request, unsigned status,
                             struct MHD_Response *response)
{
    enum MHD_Result result;

    if (response == NULL)
        return MHD_NO;
    if (request->closing)
        MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
    result = MHD_queue_response(request->connection, status, response);
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result send_body(struct request *request, unsigned status,
                                 uint64_t promised, uint64_t allowed,
                                 MHD_ContentReaderCallback reader)
{
    request->allowed = allowed;
    return queue(request, status,
                 MHD_create_response_from_callback(promised, BLOCK, reader,
                                                   request, NULL));
}

enum MHD_Result answer_text(struct request *request, unsigned status,
                            const char *text)
{
    return queue(request, status,
                 MHD_create_response_from_buffer(strlen(text), (void *)text,
                                                 MHD_RESPMEM_MUST_COPY));
}

/* ---- what can be asked for ----------------------------------------------- */

static enum MHD_Result answer_body(struct request *request)
{
    return send_body(request, MHD_HTTP_OK, request->number[0],
                     request->number[0], send_allowed);
}

static enum MHD_Result answer_status(struct request *request)
{
    char text[32];

    snprintf(text, sizeof text, "status %lu\n", request->number[0]);
    return answer_text(request, (unsigned)request->number[0], text);
}

static enum MHD_Result answer_redirect(struct request *request)
{
    struct MHD_Response *response =
        MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
    char where[256];

    snprintf(where, sizeof where, "/%.200s/elsewhere", request->key->name);
    if (response != NULL)
        MHD_add_response_header(response, MHD_HTTP_HEADER_LOCATION, where);
    return queue(request, (unsigned)request->number[0], response);
}

static enum MHD_Result answer_elsewhere(struct request *request)
{
    return answer_text(request, MHD_HTTP_OK, "elsewhere\n");
}

static enum MHD_Result answer_echo(struct request *request)
{
    char text[64];

    snprintf(text, sizeof text, "%llu %016llx\n",
             (unsigned long long)request->posted,
             (unsigned long long)request->posted_sum);
    return answer_text(request, MHD_HTTP_OK, text);
}

static enum MHD_Result answer_never(struct request *request)
{
    request->stage = HELD;
    MHD_suspend_connection(request->connection);
    return MHD_YES;
}

static enum MHD_Result answer_close(struct request *request)
{
    (void)request;
    return MHD_NO;
}

static enum MHD_Result answer_truncated(struct request *request)
{
    return send_body(request, MHD_HTTP_OK, request->number[0],
                     request->number[0] / 2, send_and_close);
}

static enum MHD_Result answer_silent(struct request *request)
{
    return send_body(request, MHD_HTTP_OK, request->number[0],
                     request->number[0] / 2, send_allowed);
}

/* Past libmicrohttpd, which would not do this; then the connection closes. */
static enum MHD_Result send_raw(struct request *request, const char *data,
                                size_t size)
{
    if (send(request->fd, data, size, MSG_NOSIGNAL) < 0) {
        /* The client is gone, or reads nothing: it is the same to us. */
    }
    return MHD_NO;
}

/* More than was promised, in one piece. */
static enum MHD_Result answer_longer(struct request *request)
{
    char data[BLOCK];
    size_t size = request->number[0] < BLOCK / 2 ? request->number[0] : 0;
    int head = snprintf(data, sizeof data,
                        "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n", size);

    fill(request, 0, data + head, size + TOO_MUCH);
    return send_raw(request, data, (size_t)head + size + TOO_MUCH);
}

static enum MHD_Result answer_garbage(struct request *request)
{
    static const char garbage[] = "This is not HTTP.\r\n\r\n";

    return send_raw(request, garbage, sizeof garbage - 1);
}

static enum MHD_Result answer_drip(struct request *request)
{
    return send_body(request, MHD_HTTP_OK, request->number[0], 1, send_drip);
}

static enum MHD_Result answer_trickle(struct request *request)
{
    return send_body(request, MHD_HTTP_OK, request->number[0], 1, send_trickle);
}

/* Far more than anybody accepts, and quickly; who takes it all has done so
 * soon, and sees no end but that of the connection. */
static ssize_t send_endless(void *state, uint64_t at, char *data, size_t size)
{
    const struct request *request = state;

    if (request->gone || at >= ENDLESS)
        return MHD_CONTENT_READER_END_WITH_ERROR;
    memset(data, '.', size);
    return (ssize_t)size;
}

static enum MHD_Result answer_endless(struct request *request)
{
    return send_body(request, MHD_HTTP_OK, MHD_SIZE_UNKNOWN, 0, send_endless);
}

static const struct {
    const char *name;
    answer *answer;
} actions[] = {
    {"body", answer_body},         {"status", answer_status},
    {"redirect", answer_redirect}, {"elsewhere", answer_elsewhere},
    {"echo", answer_echo},         {"never", answer_never},
    {"close", answer_close},       {"truncated", answer_truncated},
    {"silent", answer_silent},     {"longer", answer_longer},
    {"garbage", answer_garbage},   {"drip", answer_drip},
    {"trickle", answer_trickle},   {"endless", answer_endless},
};

answer *answer_named(const char *word)
{
    for (size_t i = 0; i < sizeof actions / sizeof actions[0]; i++)
        if (strcmp(word, actions[i].name) == 0)
            return actions[i].answer;
    return NULL;
}

const char origin_help[] =
    "A path is /KEY/WHAT; KEY is any name, under which requests are counted.\n"
    "\n"
    "  /k/body/SIZE/SEED    so many bytes, always the same for one seed\n"
    "  /k/status/CODE       that status: 404, 500\n"
    "  /k/redirect/CODE     sends the client to /k/elsewhere\n"
    "  /k/echo              size and checksum of what was POSTed\n"
    "  /k/drip/SIZE/SEED    the body in eight pieces, 1 ms apart\n"
    "  /k/trickle/SIZE/SEED a byte each 20 ms\n"
    "  /k/never             no answer\n"
    "  /k/close             closes without an answer\n"
    "  /k/truncated/SIZE    half of the body, then closes\n"
    "  /k/silent/SIZE       half of the body, then nothing more\n"
    "  /k/longer/SIZE       more than its head promises\n"
    "  /k/garbage           an answer that is not HTTP\n"
    "  /k/endless           a body without an end: 16 MB, then it closes\n"
    "  /k/report            what was counted of /k/...\n"
    "\n"
    "Before WHAT may stand:\n"
    "  together/N/  no answer until N requests of this key wait here\n"
    "  until/N/     no answer until N were asked for altogether\n"
    "  closing/     closes after the answer, and says so\n"
    "  bye/         closes after the answer, and does not say so\n"
    "After it may stand whatever makes a path different from others.\n"
    "\n"
    "127.0.0.2 with the same port is another host to a client, and the same "
    "server.\n";
