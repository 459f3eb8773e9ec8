/*
 * loop.c - the loop of models.h, and what it can wait for: a moment, or the
 * answer of a web server. Like models.c, and behind it, it is a part of tests.c
 * and of workload.c.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

/* Calls that loops have made in this process, and whether one is under way. */
static int loop_calls;
static bool loop_in_call;

enum { GET_MOST = 2048 }; /* bytes of an answer */

struct call {
    struct call *next;
    void (*call)(void *arg, int i);
    void *arg;
    int i;
};

/* Something that is waited for: a moment, or an answer. */
struct wait {
    struct wait *next;
    void (*done)(void *arg, int i, uint64_t value);
    void *arg;
    int i;
    uint64_t due, value; /* a moment, when fd is -1 */
    int fd;
    bool sent;
    char request[256], answer[GET_MOST];
    size_t size;
};

struct loop {
    struct call *first, **last;
    struct wait *waits;
};

struct loop *loop_new(void)
{
    int error = models_fails();
    struct loop *loop = error == 0 ? MAY_FAIL(malloc)(sizeof *loop) : NULL;

    if (loop == NULL) {
        errno = error != 0 ? error : ENOMEM;
        return NULL;
    }
    *loop = (struct loop){.first = NULL};
    loop->last = &loop->first;
    return loop;
}

void loop_free(struct loop *loop)
{
    if (loop == NULL)
        return;
    for (struct call *call = loop->first, *next; call != NULL; call = next) {
        next = call->next;
        free(call);
    }
    for (struct wait *wait = loop->waits, *next; wait != NULL; wait = next) {
        next = wait->next;
        if (wait->fd >= 0)
            close(wait->fd);
        free(wait);
    }
    free(loop);
}

int loop_soon(struct loop *loop, void (*call)(void *arg, int i), void *arg,
              int i)
{
    struct call *new = MAY_FAIL(malloc)(sizeof *new);

    if (new == NULL)
        return ENOMEM;
    *new = (struct call){NULL, call, arg, i};
    *loop->last = new;
    loop->last = &new->next;
    return 0;
}

static uint64_t clock_now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static void sleep_ns(uint64_t time)
{
    struct timespec pause = {(time_t)(time / 1000000000),
                             (long)(time % 1000000000)};

    nanosleep(&pause, NULL);
}

/* The calls that were asked for before this turn. */
static void turn_calls(struct loop *loop)
{
    struct call *calls = loop->first, *next;

    loop->first = NULL;
    loop->last = &loop->first;
    for (; calls != NULL; calls = next) {
        next = calls->next;
        loop_calls++;
        loop_in_call = true;
        calls->call(calls->arg, calls->i);
        loop_in_call = false;
        free(calls);
    }
}

/* ---- an answer ----------------------------------------------------------- */

/* The body, and its size, of an answer of which `size` bytes have come; NULL
 * when it has not come to its end. */
static const char *whole_body(const char *answer, size_t size, size_t *length)
{
    static const char word[] = "\r\nContent-Length:";
    const char *head = memmem(answer, size, "\r\n\r\n", 4), *at;

    if (head == NULL)
        return NULL;
    at = memmem(answer, (size_t)(head - answer), word, sizeof word - 1);
    *length = at == NULL ? 0 : strtoul(at + sizeof word - 1, NULL, 10);
    return (size_t)(answer + size - (head + 4)) >= *length ? head + 4 : NULL;
}

/* FNV-1a of the body of a whole answer with status 200; else 0. */
static uint64_t answer_value(const char *answer, size_t size)
{
    size_t length;
    const char *body = whole_body(answer, size, &length);
    uint64_t value = 0xcbf29ce484222325;

    if (body == NULL || memcmp(answer + 8, " 200", 4) != 0)
        return 0;
    for (size_t i = 0; i < length; i++)
        value = (value ^ (unsigned char)body[i]) * 0x100000001b3;
    return value;
}

/* A socket that is about to be connected to the server of the URL, of the
 * form http://127.0.0.1:PORT/PATH; and what is to be sent. -1 with errno. */
static int open_get(const char *url, int flags, char *request, size_t size)
{
    const struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    struct sockaddr_in address = {.sin_family = AF_INET};
    int port = 0, path = 0, fd, error;

    sscanf(url, "http://127.0.0.1:%d%n", &port, &path);
    snprintf(request, size, "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n\r\n",
             url + path, port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons((uint16_t)port);
    fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);
    if (fd < 0)
        return -1;
    /* One close() ends it on both sides: nothing stays in TIME_WAIT. */
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0 ||
        errno == EINPROGRESS)
        return fd;
    error = errno;
    close(fd);
    errno = error;
    return -1;
}

/* Asks for the URL and blocks until the answer has come. */
__attribute__((unused)) static uint64_t blocking_get(const char *url)
{
    char request[256], answer[GET_MOST];
    int fd = open_get(url, 0, request, sizeof request);
    size_t used = 0, length;
    ssize_t size;

    if (fd < 0)
        return 0;
    if (send(fd, request, strlen(request), MSG_NOSIGNAL) > 0)
        while (whole_body(answer, used, &length) == NULL &&
               used < sizeof answer &&
               ((size = read(fd, answer + used, sizeof answer - used)) > 0 ||
                (size < 0 && errno == EINTR)))
            used += size > 0 ? (size_t)size : 0;
    close(fd);
    return answer_value(answer, used);
}

static struct wait *new_wait(struct loop *loop,
                             void (*done)(void *arg, int i, uint64_t value),
                             void *arg, int i)
{
    struct wait *wait = MAY_FAIL(malloc)(sizeof *wait);

    if (wait == NULL)
        return NULL;
    wait->next = loop->waits;
    wait->done = done;
    wait->arg = arg;
    wait->i = i;
    wait->fd = -1;
    wait->sent = false;
    wait->size = 0;
    loop->waits = wait;
    return wait;
}

/* The same on a loop, which tells of the answer. */
__attribute__((unused)) static int
loop_get(struct loop *loop, const char *url, int i,
         void (*done)(void *arg, int i, uint64_t value), void *arg)
{
    struct wait *wait = new_wait(loop, done, arg, i);
    int error;

    if (wait == NULL)
        return ENOMEM;
    wait->fd =
        open_get(url, SOCK_NONBLOCK, wait->request, sizeof wait->request);
    if (wait->fd >= 0)
        return 0;
    error = errno;
    loop->waits = wait->next;
    free(wait);
    return error;
}

/* In `ns` nanoseconds the loop says so, with that value. */
__attribute__((unused)) static int
loop_pause(struct loop *loop, uint64_t ns, uint64_t value, int i,
           void (*done)(void *arg, int i, uint64_t value), void *arg)
{
    struct wait *wait = new_wait(loop, done, arg, i);

    if (wait == NULL)
        return ENOMEM;
    wait->due = clock_now_ns() + ns;
    wait->value = value;
    return 0;
}

/* ---- waiting ------------------------------------------------------------- */

/* Goes on with it as far as it goes without blocking. true when it is over. */
static bool goes_on(struct wait *wait, uint64_t now)
{
    size_t length;
    ssize_t size;

    if (wait->fd < 0)
        return wait->due <= now;
    if (!wait->sent) {
        size =
            send(wait->fd, wait->request, strlen(wait->request), MSG_NOSIGNAL);
        wait->sent = size > 0;
        if (size < 0 && errno != EAGAIN && errno != EINTR)
            return true;
        if (!wait->sent)
            return false;
    }
    while (whole_body(wait->answer, wait->size, &length) == NULL &&
           wait->size < sizeof wait->answer) {
        size = read(wait->fd, wait->answer + wait->size,
                    sizeof wait->answer - wait->size);
        if (size < 0)
            return errno != EAGAIN && errno != EINTR;
        if (size == 0)
            return true;
        wait->size += (size_t)size;
    }
    return true;
}

static void end_wait(struct loop *loop, struct wait *wait)
{
    struct wait **at = &loop->waits;
    uint64_t value = wait->value;

    while (*at != wait)
        at = &(*at)->next;
    *at = wait->next;
    if (wait->fd >= 0) {
        close(wait->fd);
        value = answer_value(wait->answer, wait->size);
    }
    loop_calls++;
    loop_in_call = true;
    wait->done(wait->arg, wait->i, value);
    loop_in_call = false;
    free(wait);
}

/* Sleeps until something that is waited for may go on. */
static void sleep_for_waits(struct loop *loop)
{
    struct pollfd fds[256];
    uint64_t due = UINT64_MAX, now = clock_now_ns();
    nfds_t count = 0;
    int ms = -1;

    for (struct wait *wait = loop->waits; wait != NULL; wait = wait->next) {
        if (wait->fd < 0 && wait->due < due)
            due = wait->due;
        if (wait->fd >= 0 && count < sizeof fds / sizeof fds[0])
            fds[count++] = (struct pollfd){
                .fd = wait->fd, .events = wait->sent ? POLLIN : POLLOUT};
    }
    if (due != UINT64_MAX)
        ms = due > now ? (int)((due - now + 999999) / 1000000) : 0;
    if (loop->first != NULL)
        ms = 0;
    if (count > 0)
        poll(fds, count, ms);
    else if (ms > 0)
        sleep_ns(due - now);
}

/* What has ended is told, also what has only begun meanwhile. */
static void turn_waits(struct loop *loop)
{
    struct wait *over;
    uint64_t now;

    sleep_for_waits(loop);
    now = clock_now_ns();
    do {
        over = NULL;
        for (struct wait *wait = loop->waits; wait != NULL; wait = wait->next)
            if (goes_on(wait, now))
                over = wait;
        if (over != NULL)
            end_wait(loop, over);
    } while (over != NULL);
}

void loop_run(struct loop *loop)
{
    while (loop->first != NULL || loop->waits != NULL) {
        turn_calls(loop);
        if (loop->waits != NULL)
            turn_waits(loop);
    }
}
