/*
 * tests.c - what is observed of the coroutines, and what must be.
 *
 * Values are small numbers in pointers. Everybody writes letters into a story,
 * so most of what must be observed is a word: it says who was at work when.
 */
#define _GNU_SOURCE
#include "interleave.h"

#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "coroutines.h"

enum { KIB = 1024, STORY = 120, UNTOUCHED = 4711 };

static char story[STORY + 1];
static char numbers[STORY + 1]; /* those that came, with spaces between */

static void write_letter(char letter)
{
    size_t length = strlen(story);

    if (length < STORY)
        story[length] = letter;
}

static void write_number(long number)
{
    size_t length = strlen(numbers);

    snprintf(numbers + length, sizeof numbers - length, "%s%ld",
             length ? " " : "", number);
}

static void begin(void)
{
    memset(story, 0, sizeof story);
    memset(numbers, 0, sizeof numbers);
}

static void *value_of(long number)
{
    return (void *)number;
}

static long number_of(const void *value)
{
    return (long)value;
}

static char *letter(char of)
{
    static char all[] = "abcdefghijklmnopqrstuvwxyz";

    return &all[of - 'a'];
}

static struct coroutine *make(void *(*function)(void *arg), void *arg)
{
    struct coroutine *co = coro_create(function, arg, 0);

    cr_assert(co != NULL, "coro_create() returned NULL");
    return co;
}

/* Sends, and returns what came back; -1 after an error. */
static long send(struct coroutine *co, long number)
{
    void *result = NULL;

    return coro_send(co, value_of(number), &result) == 0 ? number_of(result)
                                                         : -1;
}

static long next(struct coroutine *co)
{
    return send(co, 0);
}

/* Takes what a generator yields, until it has ended. */
static void take_all(struct coroutine *co)
{
    void *result;

    for (int i = 0; i < 100 && coro_send(co, NULL, &result) == 0; i++)
        if (!coro_done(co))
            write_number(number_of(result));
}

/* ---- step 1: send and yield --------------------------------------------- */

/* Yields 1, 2, ... up to the argument, and returns ten times as much. */
static void *count_up(void *arg)
{
    long last = number_of(arg);

    write_letter('(');
    for (long i = 1; i <= last; i++) {
        write_letter('y');
        coro_yield(value_of(i), NULL);
    }
    write_letter(')');
    return value_of(10 * last);
}

Test(send, generator)
{
    struct coroutine *co;

    begin();
    co = make(count_up, value_of(3));
    for (int i = 0; i < 3; i++) {
        write_letter('s');
        write_number(next(co));
    }
    observe_int("done-before", coro_done(co));
    write_letter('s');
    write_number(next(co));
    observe_int("done-after", coro_done(co));
    observe_str("story", story);
    observe_str("numbers", numbers);
    observe_int("destroyed", coro_destroy(co));
}

Expect(send, generator)
{
    expect_str(
        "story", "s(ysysys)",
        "s is a coro_send(), y a coro_yield(): the function begins with the "
        "first coro_send(), stops in each coro_yield(), and goes on there");
    expect_str("numbers", "1 2 3 30",
               "coro_send() hands on what was yielded, and at the end what the "
               "function returned");
    expect_int("done-before", EQUAL, 0, "it is suspended, and has not ended");
    expect_int("done-after", EQUAL, 1, "its function has returned");
    expect_int("destroyed", EQUAL, 0, "coro_destroy() returns 0");
}

enum { SENT = 12 };

static void draw_numbers(long *to)
{
    uint64_t state = seed();

    for (int i = 0; i < SENT; i++)
        to[i] = 1 + (long)(draw(&state) % 1000);
}

/* Yields the sum of what was sent so far; 0 ends it. */
static void *add_up(void *arg)
{
    long sum = number_of(arg);
    void *sent = NULL;

    do {
        if (coro_yield(value_of(sum), &sent) != 0)
            return NULL;
        sum += number_of(sent);
    } while (number_of(sent) != 0);
    return value_of(-sum);
}

Test(send, both_ways)
{
    struct coroutine *co = make(add_up, value_of(5));
    long drawn[SENT], wrong, sum = 5;

    draw_numbers(drawn);
    wrong = next(co) != sum;
    for (int i = 0; i < SENT; i++) {
        sum += drawn[i];
        wrong += send(co, drawn[i]) != sum;
    }
    observe_int("wrong", wrong);
    observe_int("returned", send(co, 0));
    observe_int("done", coro_done(co));
    coro_destroy(co);
}

Expect(send, both_ways)
{
    long drawn[SENT], sum = 5;

    draw_numbers(drawn);
    for (int i = 0; i < SENT; i++)
        sum += drawn[i];
    expect_int("wrong", EQUAL, 0,
               "coro_yield() returns what the next coro_send() sends");
    expect_int("returned", EQUAL, -sum, "at the end comes what it returned");
    expect_int("done", EQUAL, 1, "its function has returned");
}

Test(send, first_carries_null)
{
    struct coroutine *co;
    void *result = value_of(UNTOUCHED);

    begin();
    co = make(count_up, value_of(2));
    observe_int("returned", coro_send(co, value_of(1), &result));
    observe_int("result", number_of(result));
    observe_int("done", coro_done(co));
    observe_str("story", story);
    observe_int("first", next(co));
    observe_int("second", send(co, 99));
    coro_destroy(co);
}

Expect(send, first_carries_null)
{
    expect_int("returned", EQUAL, EINVAL,
               "no coro_yield() waits for the first value, so there is none");
    expect_int("result", EQUAL, UNTOUCHED, "an error changes nothing");
    expect_int("done", EQUAL, 0, "an error changes nothing");
    expect_str("story", "", "the function has not begun");
    expect_int("first", EQUAL, 1, "and can be begun after that");
    expect_int("second", EQUAL, 2, "later ones may carry anything");
}

static void *return_at_once(void *arg)
{
    return arg;
}

Test(send, returns_at_once)
{
    struct coroutine *co = make(return_at_once, value_of(77));
    struct coroutine *other = make(return_at_once, NULL);

    observe_int("returned", next(co));
    observe_int("done", coro_done(co));
    observe_int("no-pointer", coro_send(other, NULL, NULL));
    coro_destroy(co);
    coro_destroy(other);
}

Expect(send, returns_at_once)
{
    expect_int("returned", EQUAL, 77, "coro_send() hands on what it returned");
    expect_int("done", EQUAL, 1, "its function has returned");
    expect_int("no-pointer", EQUAL, 0,
               "the pointer for the result may be NULL");
}

/* Many locals, in registers and in memory, integers and not. */
static void *keep_locals(void *arg)
{
    long a = number_of(arg), b = 3 * a, c = 5 * a, d = 7 * a, e = 11 * a;
    double x = 0.5 * (double)a, y = 0.25 * (double)a;
    long list[32];

    for (int i = 0; i < 32; i++)
        list[i] = a * i;
    for (int round = 1; round <= 4; round++) {
        coro_yield(value_of(a + b + c + d + e + list[round]), NULL);
        a += 1;
        e += b;
        x += y;
        list[round + 1] += a;
    }
    return value_of((long)(8 * x) + list[31] + e);
}

/* The same without coroutines. */
static long locals_alone(long from, int rounds)
{
    long a = from, b = 3 * a, c = 5 * a, d = 7 * a, e = 11 * a;
    double x = 0.5 * (double)a, y = 0.25 * (double)a;
    long list[32];

    for (int i = 0; i < 32; i++)
        list[i] = a * i;
    for (int round = 1; round <= 4; round++) {
        if (round > rounds)
            return a + b + c + d + e + list[round];
        a += 1;
        e += b;
        x += y;
        list[round + 1] += a;
    }
    return (long)(8 * x) + list[31] + e;
}

Test(send, locals_stay)
{
    struct coroutine *cos[3];
    int wrong = 0;

    for (int i = 0; i < 3; i++)
        cos[i] = make(keep_locals, value_of(100 * (i + 1)));
    for (int round = 0; round <= 4; round++)
        for (int i = 0; i < 3; i++)
            wrong += next(cos[i]) != locals_alone(100 * (i + 1), round);
    observe_int("wrong", wrong);
    for (int i = 0; i < 3; i++)
        coro_destroy(cos[i]);
}

Expect(send, locals_stay)
{
    expect_int("wrong", EQUAL, 0,
               "each coroutine has a stack of its own, on which its local "
               "variables stay as they are while others run");
}

/* A tree of 15, walked by a function that calls itself and yields in its
 * depth. */
static void walk(long low, long high)
{
    long middle = (low + high) / 2;

    if (low > high)
        return;
    walk(low, middle - 1);
    coro_yield(value_of(middle), NULL);
    walk(middle + 1, high);
}

static void *walk_tree(void *arg)
{
    walk(1, number_of(arg));
    return NULL;
}

Test(send, from_the_depth)
{
    struct coroutine *co;

    begin();
    co = make(walk_tree, value_of(15));
    take_all(co);
    observe_str("numbers", numbers);
    coro_destroy(co);
}

Expect(send, from_the_depth)
{
    expect_str(
        "numbers", "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15",
        "coro_yield() suspends all functions of the coroutine, those that "
        "called the one in which it stands, too");
}

/* Takes from the next of three, adds one, yields. */
static struct coroutine *chain[3];

static void *relay(void *arg)
{
    long place = number_of(arg);
    void *sent = NULL;

    for (long i = 1; i <= 3; i++) {
        long below = place < 2 ? send(chain[place + 1], i > 1 ? i : 0) : 1000;

        coro_yield(value_of(below + 100 * place + number_of(sent)), &sent);
    }
    return NULL;
}

Test(send, nested)
{
    int errors = 0;

    begin();
    for (long i = 0; i < 3; i++)
        chain[i] = make(relay, value_of(i));
    write_number(send(chain[0], 0));
    write_number(send(chain[0], 5));
    write_number(send(chain[0], 7));
    observe_str("numbers", numbers);
    for (int i = 0; i < 3; i++)
        errors += coro_destroy(chain[i]) != 0;
    observe_int("errors", errors);
}

Expect(send, nested)
{
    expect_str("numbers", "1300 1309 1313",
               "a coroutine resumes another, and what that yields comes back "
               "to it and to nobody else");
    expect_int("errors", EQUAL, 0, "coro_destroy() returns 0");
}

enum { DEPTH = 150 };

static struct coroutine *deep[DEPTH];

/* Each resumes the next; the last yields 1, and each adds 1. */
static void *go_down(void *arg)
{
    long place = number_of(arg);

    for (int i = 0; i < 2; i++) {
        long below = place + 1 < DEPTH ? next(deep[place + 1]) : 0;

        coro_yield(value_of(below + 1), NULL);
    }
    return NULL;
}

Test(send, deep)
{
    int errors = 0;

    for (long i = 0; i < DEPTH; i++)
        deep[i] = make(go_down, value_of(i));
    observe_int("first", next(deep[0]));
    observe_int("second", next(deep[0]));
    for (int i = 0; i < DEPTH; i++)
        errors += coro_destroy(deep[i]) != 0;
    observe_int("errors", errors);
}

Expect(send, deep)
{
    static const char depth[] =
        "each of 150 coroutines has resumed the next one, and adds one to what "
        "that yields: who has resumed whom is kept to any depth";

    expect_int("first", EQUAL, DEPTH, depth);
    expect_int("second", EQUAL, DEPTH, depth);
    expect_int("errors", EQUAL, 0, "coro_destroy() returns 0");
}

static int threads_inside;

static void *look_round(void *arg)
{
    (void)arg;
    threads_inside = threads_alive();
    return NULL;
}

Test(send, outside)
{
    struct coroutine *co = make(look_round, NULL);
    void *sent = value_of(UNTOUCHED);

    observe_int("before", coro_yield(NULL, &sent));
    next(co);
    observe_int("threads", threads_inside);
    observe_int("after", coro_yield(NULL, NULL));
    observe_int("sent", number_of(sent));
    coro_destroy(co);
}

Expect(send, outside)
{
    expect_int("before", EQUAL, EPERM, "here is no coroutine to suspend");
    expect_int("after", EQUAL, EPERM, "here is no coroutine any more");
    expect_int("sent", EQUAL, UNTOUCHED, "an error changes nothing");
    expect_int("threads", EQUAL, 1, "coroutines are not threads");
}

/* ---- step 1: addresses of every kind -------------------------------------
 *
 * A pointer that goes through an int has lost its upper half, or has a sign in
 * the middle where its lower half has the highest bit. So that this does not
 * depend on luck, all memory that is given out here has that bit.
 */

enum { SIZES = 128 };

static const uintptr_t SIGN = 1ul << 31, WINDOW = 1ul << 30;

static uintptr_t reserve(size_t size)
{
    void *memory = mmap(NULL, size, PROT_NONE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    return memory == MAP_FAILED ? 0 : (uintptr_t)memory;
}

static void give_back(uintptr_t memory, size_t size)
{
    munmap((void *)memory, size);
}

/*
 * Takes 4 GiB of addresses, opens a window of 1 GiB in it that has the bit, and
 * fills all gaps above, since the kernel maps at the highest address it has.
 * Where it does not, nothing is forced, and the test only asks whether it
 * works.
 */
static void map_where_sign_is(void)
{
    uintptr_t low = reserve(4 * WINDOW), window;

    if (low == 0)
        return;
    window = (low & SIGN) != 0 && (low & (SIGN - 1)) < SIGN - WINDOW
                 ? low
                 : ((low + SIGN) & ~(2 * SIGN - 1)) + SIGN;
    give_back(window, WINDOW);
    for (size_t size = WINDOW; size >= 4096; size /= 2)
        for (int i = 0; i < 1000; i++) {
            uintptr_t at = reserve(size);

            if (at > window + WINDOW)
                continue; /* a gap less */
            if (at != 0)
                give_back(at, size);
            break;
        }
}

/* Was this block mapped on its own? glibc says so in a bit before it. */
static bool is_mapped_alone(void *block)
{
    return (((size_t *)block)[-1] & 2) != 0;
}

/* From here on malloc() maps each block, once its stock is used up. */
static void malloc_maps(void)
{
    mallopt(M_MMAP_THRESHOLD, 0);
    for (size_t size = SIZES * 16; size >= 128; size -= 16)
        for (void *block = malloc(size); block != NULL; block = malloc(size))
            if (is_mapped_alone(block)) {
                free(block);
                break;
            }
}

Test(address, high)
{
    struct coroutine *cos[4];

    begin();
    map_where_sign_is();
    malloc_maps();
    for (long i = 0; i < 4; i++)
        cos[i] = make(add_up, value_of(100 * i));
    for (int i = 0; i < 4; i++)
        write_number(next(cos[i]));
    for (int i = 0; i < 4; i++)
        write_number(send(cos[i], 1));
    observe_str("numbers", numbers);
    for (int i = 0; i < 4; i++)
        coro_destroy(cos[i]);
}

Expect(address, high)
{
    expect_str("numbers", "0 100 200 300 1 101 201 301",
               "it works wherever memory lies: a pointer has 64 bits, and its "
               "lower 32 may look like a negative int");
}

/* ---- step 1: what state it is in ---------------------------------------- */

static struct coroutine *self;
static int errors[8];
static void *touched;

static void *resume_itself(void *arg)
{
    (void)arg;
    touched = value_of(UNTOUCHED);
    errors[0] = coro_send(self, NULL, &touched);
    errors[1] = coro_destroy(self);
    coro_yield(value_of(1), NULL);
    errors[2] = coro_send(self, value_of(3), &touched);
    errors[3] = coro_done(self);
    return value_of(2);
}

Test(state, itself)
{
    begin();
    memset(errors, -1, sizeof errors);
    self = make(resume_itself, NULL);
    write_number(next(self));
    write_number(next(self));
    observe_int("send", errors[0]);
    observe_int("destroy", errors[1]);
    observe_int("again", errors[2]);
    observe_int("done", errors[3]);
    observe_int("result", number_of(touched));
    observe_str("numbers", numbers);
    coro_destroy(self);
}

Expect(state, itself)
{
    expect_int("send", EQUAL, EBUSY, "it is running");
    expect_int("destroy", EQUAL, EBUSY,
               "it is running, so its stack is in use");
    expect_int("again", EQUAL, EBUSY, "it is running");
    expect_int("done", EQUAL, 0, "it is running");
    expect_int("result", EQUAL, UNTOUCHED, "an error changes nothing");
    expect_str("numbers", "1 2", "an error changes nothing");
}

static void *resume_resumer(void *arg)
{
    long below = number_of(arg) < 2 ? next(chain[number_of(arg) + 1]) : 0;

    if (number_of(arg) == 2) {
        errors[0] = coro_send(chain[1], NULL, NULL);
        errors[1] = coro_send(chain[0], NULL, NULL);
        errors[2] = coro_destroy(chain[0]);
        errors[3] = coro_done(chain[0]);
    }
    return value_of(below + 1);
}

Test(state, resumer)
{
    begin();
    memset(errors, -1, sizeof errors);
    for (long i = 0; i < 3; i++)
        chain[i] = make(resume_resumer, value_of(i));
    observe_int("returned", next(chain[0]));
    observe_int("resumer", errors[0]);
    observe_int("resumer-of-it", errors[1]);
    observe_int("destroy", errors[2]);
    observe_int("done", errors[3]);
    for (int i = 0; i < 3; i++)
        coro_destroy(chain[i]);
}

Expect(state, resumer)
{
    expect_int("returned", EQUAL, 3, "each comes back to the one before");
    expect_int("resumer", EQUAL, EBUSY,
               "who has resumed another one is running, too");
    expect_int("resumer-of-it", EQUAL, EBUSY,
               "and so is the one that has resumed that");
    expect_int("destroy", EQUAL, EBUSY, "it is running");
    expect_int("done", EQUAL, 0, "it is running");
}

Test(state, ended)
{
    void *result = value_of(UNTOUCHED);
    struct coroutine *co;

    begin();
    co = make(count_up, value_of(1));
    take_all(co);
    observe_int("null", coro_send(co, NULL, &result));
    observe_int("value", coro_send(co, value_of(1), &result));
    observe_int("result", number_of(result));
    observe_int("done", coro_done(co));
    observe_str("story", story);
    observe_int("destroyed", coro_destroy(co));
    observe_int("no-coroutine", coro_destroy(NULL));
}

Expect(state, ended)
{
    expect_int("null", EQUAL, EBUSY,
               "it has ended; there is nothing to resume");
    expect_int("value", EQUAL, EBUSY, "it has ended");
    expect_int("result", EQUAL, UNTOUCHED, "an error changes nothing");
    expect_int("done", EQUAL, 1, "it has ended");
    expect_str("story", "(y)", "what has ended does not run again");
    expect_int("destroyed", EQUAL, 0, "coro_destroy() returns 0");
    expect_int("no-coroutine", EQUAL, 0, "NULL is allowed");
}

/* ---- step 1: stacks ----------------------------------------------------- */

/* Uses so much of its stack, in frames of half a page; yields at the bottom. */
__attribute__((noinline)) static long dig(long left)
{
    volatile char frame[2 * KIB];
    long below = 0;

    for (size_t i = 0; i < sizeof frame; i += 64)
        frame[i] = (char)left;
    if (left > (long)sizeof frame + 256)
        below = dig(left - (long)sizeof frame - 128);
    else
        coro_yield(value_of(1), NULL);
    return below + (frame[0] == (char)left ? 0 : 1);
}

static void *dig_down(void *arg)
{
    return value_of(100 + dig(number_of(arg)));
}

Test(stack, as_asked_for)
{
    static const size_t asked[] = {0,          256 * KIB, 32 * KIB,
                                   1024 * KIB, 100000,    8192 * KIB};
    struct coroutine *cos[6];
    int wrong = 0;

    for (int i = 0; i < 6; i++) {
        size_t size = asked[i] ? asked[i] : 64 * KIB;

        cos[i] =
            coro_create(dig_down, value_of((long)size - 8 * KIB), asked[i]);
        cr_assert(cos[i] != NULL, "coro_create() returned NULL");
    }
    for (int i = 0; i < 6; i++)
        wrong += next(cos[i]) != 1;
    for (int i = 0; i < 6; i++)
        wrong += next(cos[i]) != 100;
    observe_int("wrong", wrong);
    for (int i = 0; i < 6; i++)
        coro_destroy(cos[i]);
}

Expect(stack, as_asked_for)
{
    expect_int("wrong", EQUAL, 0,
               "a function may use as much stack as was asked for, be it "
               "32 KiB or 8 MiB");
}

/* What a child process finds, shared with its parent. */
static struct {
    uintptr_t top;   /* in the first frame of the coroutine */
    uintptr_t fault; /* the address that stopped it */
} * found;

static char other_stack[16 * KIB];

static void on_fault(int signal, siginfo_t *info, void *context)
{
    (void)signal;
    (void)context;
    found->fault = (uintptr_t)info->si_addr;
    _exit(0);
}

/* Without end, in small steps. */
__attribute__((noinline)) static long dig_for_ever(long depth)
{
    volatile char frame[256];

    frame[0] = (char)depth;
    if (depth > 1000000)
        return 0;
    return dig_for_ever(depth + 1) + frame[0];
}

static void *overflow(void *arg)
{
    (void)arg;
    found->top = (uintptr_t)__builtin_frame_address(0);
    return value_of(dig_for_ever(0));
}

/* Lets one overflow in a child process; how much stack there was. */
static long depth_of(struct coroutine *co)
{
    stack_t stack = {.ss_sp = other_stack, .ss_size = sizeof other_stack};
    struct sigaction action;
    pid_t child;

    memset(found, 0, sizeof *found);
    child = fork();
    if (child == 0) {
        memset(&action, 0, sizeof action);
        action.sa_sigaction = on_fault;
        action.sa_flags = SA_SIGINFO | SA_ONSTACK;
        sigaltstack(&stack, NULL);
        sigaction(SIGSEGV, &action, NULL);
        sigaction(SIGBUS, &action, NULL);
        coro_send(co, NULL, NULL);
        _exit(0);
    }
    cr_assert(child > 0, "no process");
    waitpid(child, NULL, 0);
    return found->fault ? (long)(found->top - found->fault) : 1l << 30;
}

/* The lowest address of the writable memory in which `at` lies. Returns whether
 * directly below is memory that is mapped and may not be touched. */
static bool find_bottom(uintptr_t at, uintptr_t *bottom)
{
    FILE *maps = fopen("/proc/self/maps", "r");
    char line[8 * KIB], access[5];
    uintptr_t from, to = 0, before = 0;
    bool writable = false, closed = false, guarded = false;

    cr_assert(maps != NULL, "no /proc/self/maps");
    while (to <= at && fgets(line, sizeof line, maps) != NULL) {
        if (sscanf(line, "%lx-%lx %4s", &from, &to, access) != 3)
            continue;
        if (access[1] == 'w' && (!writable || from != before)) {
            *bottom = from;
            guarded = closed && from == before;
        }
        writable = access[1] == 'w';
        closed = strncmp(access, "---", 3) == 0;
        before = to;
    }
    fclose(maps);
    return guarded;
}

static uintptr_t stack_top; /* of the one that began last */

static void *look_and_add(void *arg)
{
    stack_top = (uintptr_t)__builtin_frame_address(0);
    return add_up(arg);
}

struct stacks {
    int refused, shorter, longer, unguarded;
};

/* Begins one with such a stack, and looks where that lies. */
static void look_at_stack(size_t asked, struct stacks *seen)
{
    struct coroutine *co = coro_create(look_and_add, value_of(1), asked);
    size_t size = asked ? asked : 64 * KIB;
    uintptr_t bottom = 0;

    seen->refused += co == NULL;
    if (co == NULL)
        return;
    next(co);
    seen->unguarded += !find_bottom(stack_top, &bottom);
    seen->shorter += stack_top - bottom < size - KIB;
    seen->longer += stack_top - bottom > size + 64 * KIB;
    coro_destroy(co);
}

/* Each is larger than the one before, whose stack an answer may have kept: the
 * first coroutine lives on. */
Test(stack, of_every_size)
{
    static const size_t asked[] = {8 * KIB, 20000,     0,
                                   100000,  256 * KIB, 65536 * KIB};
    struct stacks seen = {0, 0, 0, 0};
    struct coroutine *first = make(add_up, NULL);

    for (int i = 0; i < 6; i++)
        look_at_stack(asked[i], &seen);
    observe_int("refused", seen.refused);
    observe_int("shorter", seen.shorter);
    observe_int("longer", seen.longer);
    observe_int("unguarded", seen.unguarded);
    coro_destroy(first);
}

Expect(stack, of_every_size)
{
    expect_int("refused", EQUAL, 0,
               "there is memory for 8 KiB, and for 64 MiB: a small stack is as "
               "good as a large one");
    expect_int("shorter", EQUAL, 0,
               "a stack has at least the size that was asked for; what is no "
               "whole number of pages is rounded up, and a stack that was kept "
               "for later may be too small for the next one");
    expect_int("longer", EQUAL, 0,
               "who needs 64 KiB more than was asked for is stopped");
    expect_int("unguarded", EQUAL, 0,
               "directly below each stack, of whatever size, lies a page that "
               "is mapped and may not be touched; a gap will not do, since the "
               "next mmap() may fill it, nor a guard page above the stack");
}

enum { GUARDED = 8, STACK = 64 * KIB };

Test(stack, guard_page)
{
    struct coroutine *cos[GUARDED];
    long least = 1l << 40, most = 0;

    found = mmap(NULL, sizeof *found, PROT_READ | PROT_WRITE,
                 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    cr_assert(found != MAP_FAILED, "no memory");
    for (int i = 0; i < GUARDED; i++) {
        cos[i] = coro_create(overflow, NULL, STACK);
        cr_assert(cos[i] != NULL, "coro_create() returned NULL");
    }
    for (int i = 0; i < GUARDED; i++) {
        long depth = depth_of(cos[i]);

        least = depth < least ? depth : least;
        most = depth > most ? depth : most;
    }
    observe_int("least", least);
    observe_int("most", most);
    for (int i = 0; i < GUARDED; i++)
        coro_destroy(cos[i]);
    munmap(found, sizeof *found);
}

Expect(stack, guard_page)
{
    expect_int("least", AT_LEAST, STACK - KIB,
               "all of the stack that was asked for can be used; the guard "
               "page comes below it, and is no part of it");
    expect_int("most", AT_MOST, STACK + 64 * KIB,
               "a function that needs more stack than there is must run into "
               "the guard page, and not into memory that belongs to others");
}

/* ---- step 2: close ------------------------------------------------------ */

/* Yields until it is closed, then cleans up. */
static void *open_and_close(void *arg)
{
    void *sent = value_of(UNTOUCHED);
    int error = 0;

    write_letter('(');
    for (long i = 1; error == 0 && i < 20; i++) {
        write_letter('y');
        error = coro_yield(value_of(i), &sent);
    }
    errors[0] = error;
    write_letter(')');
    if (arg != NULL)
        *(long *)arg = number_of(sent);
    return value_of(5);
}

Test(close, suspended)
{
    struct coroutine *co;
    long sent = 0;

    begin();
    co = make(open_and_close, &sent);
    next(co);
    send(co, 8);
    write_letter('c');
    observe_int("closed", coro_close(co));
    write_letter('.');
    observe_int("yield", errors[0]);
    observe_int("sent", sent);
    observe_str("story", story);
    observe_int("done", coro_done(co));
    observe_int("send", coro_send(co, NULL, NULL));
    observe_int("again", coro_close(co));
    observe_int("destroyed", coro_destroy(co));
    observe_str("then", story);
}

Expect(close, suspended)
{
    expect_int("closed", EQUAL, 0, "coro_close() returns 0");
    expect_int("yield", EQUAL, ECANCELED, "that is how it learns of it");
    expect_int("sent", EQUAL, 8, "an error changes nothing");
    expect_str(
        "story", "(yyc).",
        "c is the coro_close(): the function goes on in its coro_yield(), "
        "cleans up and returns, and only then coro_close() returns");
    expect_int("done", EQUAL, 1, "it has ended");
    expect_int("send", EQUAL, EBUSY, "it has ended");
    expect_int("again", EQUAL, 0, "closing what has ended does nothing");
    expect_int("destroyed", EQUAL, 0, "coro_destroy() returns 0");
    expect_str("then", "(yyc).", "what has ended does not run again");
}

Test(close, not_begun)
{
    struct coroutine *co;

    begin();
    co = make(open_and_close, NULL);
    observe_int("closed", coro_close(co));
    observe_int("done", coro_done(co));
    observe_int("send", coro_send(co, NULL, NULL));
    coro_destroy(co);
    coro_destroy(make(open_and_close, NULL));
    observe_str("story", story);
}

Expect(close, not_begun)
{
    expect_int("closed", EQUAL, 0, "coro_close() returns 0");
    expect_int("done", EQUAL, 1, "it has ended before it began");
    expect_int("send", EQUAL, EBUSY, "it has ended");
    expect_str("story", "",
               "what has not begun has nothing to clean up: its function is "
               "never called");
}

Test(close, destroy_closes)
{
    struct coroutine *co;

    begin();
    co = make(open_and_close, NULL);
    next(co);
    observe_int("destroyed", coro_destroy(co));
    observe_str("story", story);
}

Expect(close, destroy_closes)
{
    expect_int("destroyed", EQUAL, 0, "coro_destroy() returns 0");
    expect_str("story", "(y)",
               "what is destroyed while it is suspended is closed first, so "
               "that it cleans up");
}

/* Will not be closed so soon. */
static void *yield_after_close(void *arg)
{
    (void)arg;
    for (int i = 0; i < 4; i++) {
        errors[i] = coro_yield(value_of(i), NULL);
        write_letter(errors[i] ? 'e' : 'y');
    }
    return NULL;
}

Test(close, yield_is_an_error)
{
    struct coroutine *co;

    begin();
    memset(errors, -1, sizeof errors);
    co = make(yield_after_close, NULL);
    next(co);
    next(co);
    observe_int("closed", coro_close(co));
    observe_str("story", story);
    observe_int("first", errors[1]);
    observe_int("last", errors[3]);
    observe_int("done", coro_done(co));
    coro_destroy(co);
}

Expect(close, yield_is_an_error)
{
    expect_int("closed", EQUAL, 0, "coro_close() returns 0");
    expect_str("story", "yeee",
               "e is a coro_yield() with an error: once it is closed it cannot "
               "suspend itself any more, and each coro_yield() says so");
    expect_int("first", EQUAL, ECANCELED, "it is closed");
    expect_int("last", EQUAL, ECANCELED, "it is closed");
    expect_int("done", EQUAL, 1, "its function has returned");
}

static void *close_itself(void *arg)
{
    (void)arg;
    errors[0] = coro_close(self);
    errors[1] = coro_yield(value_of(4), NULL);
    return NULL;
}

Test(close, running)
{
    memset(errors, -1, sizeof errors);
    self = make(close_itself, NULL);
    observe_int("yielded", next(self));
    observe_int("close", errors[0]);
    next(self);
    observe_int("yield", errors[1]);
    coro_destroy(self);
}

Expect(close, running)
{
    expect_int("close", EQUAL, EBUSY, "it is running");
    expect_int("yielded", EQUAL, 4, "an error changes nothing");
    expect_int("yield", EQUAL, 0, "it was not closed");
}

/* While it cleans up it looks at itself. */
static void *look_while_closed(void *arg)
{
    errors[0] = coro_yield(arg, NULL);
    errors[1] = coro_done(self);
    errors[2] = coro_close(self);
    errors[3] = coro_send(self, NULL, NULL);
    errors[4] = coro_destroy(self);
    return NULL;
}

Test(close, cleans_up)
{
    memset(errors, -1, sizeof errors);
    self = make(look_while_closed, NULL);
    next(self);
    observe_int("closed", coro_close(self));
    observe_int("yield", errors[0]);
    observe_int("done-before", errors[1]);
    observe_int("close", errors[2]);
    observe_int("send", errors[3]);
    observe_int("destroy", errors[4]);
    observe_int("done-after", coro_done(self));
    coro_destroy(self);
}

Expect(close, cleans_up)
{
    expect_int("closed", EQUAL, 0, "coro_close() returns 0");
    expect_int("yield", EQUAL, ECANCELED, "it is closed");
    expect_int("done-before", EQUAL, 0,
               "as long as it cleans up its function is at work: it has not "
               "ended, and its stack is in use");
    expect_int("close", EQUAL, EBUSY, "it is running, to clean up");
    expect_int("send", EQUAL, EBUSY, "it is running, to clean up");
    expect_int("destroy", EQUAL, EBUSY,
               "it is running, to clean up: it stands on the stack that would "
               "be given back");
    expect_int("done-after", EQUAL, 1, "its function has returned");
}

/* When it is closed it uses another one to its end, and gives it back. */
static void *use_another(void *arg)
{
    struct coroutine *other = make(count_up, value_of(2));
    struct coroutine *third = make(open_and_close, NULL);

    (void)arg;
    next(other);
    next(third);
    errors[1] = coro_yield(NULL, NULL);
    write_number(next(other));
    write_number(next(other));
    errors[2] = coro_destroy(third);
    errors[3] = coro_destroy(other);
    errors[4] = coro_yield(NULL, NULL);
    return NULL;
}

static void *begin_below(void *arg)
{
    return value_of(next(arg));
}

/* Who closes it is not who has resumed it. */
static void *close_below(void *arg)
{
    coro_yield(value_of(1), NULL);
    errors[5] = coro_close(arg);
    coro_yield(value_of(2), NULL);
    return value_of(3);
}

Test(close, uses_others)
{
    struct coroutine *co, *outer, *beginner;

    begin();
    memset(errors, -1, sizeof errors);
    co = make(use_another, NULL);
    outer = make(close_below, co);
    beginner = make(begin_below, co);
    next(beginner);
    write_number(next(outer));
    write_number(next(outer));
    write_number(next(outer));
    observe_str("numbers", numbers);
    observe_str("story", story);
    observe_int("yield", errors[1]);
    observe_int("destroyed", errors[2] | errors[3]);
    observe_int("yield-again", errors[4]);
    observe_int("closed", errors[5]);
    coro_destroy(co);
    coro_destroy(outer);
    coro_destroy(beginner);
}

Expect(close, uses_others)
{
    expect_str("numbers", "1 2 20 2 3",
               "while one is closed, others run and yield as ever; and who "
               "has closed it goes on");
    expect_str("story", "(y(yy))",
               "what is destroyed while it is suspended is closed first");
    expect_int("yield", EQUAL, ECANCELED, "it is closed");
    expect_int("destroyed", EQUAL, 0, "coro_destroy() returns 0");
    expect_int("yield-again", EQUAL, ECANCELED, "it is closed, still");
    expect_int("closed", EQUAL, 0,
               "it is suspended, so anybody may close it, and not only who has "
               "resumed it");
}

/* ---- step 3: await ------------------------------------------------------ */

static void *await_sums(void *arg)
{
    void *result = value_of(UNTOUCHED), *sent = NULL;
    int error;

    coro_yield(value_of(1), &sent);
    write_number(number_of(sent));
    error = coro_await(arg, &result);
    write_letter(error == 0 ? 'o' : 'e');
    coro_yield(result, &sent);
    return value_of(number_of(sent) + 1);
}

Test(await, passes_through)
{
    struct coroutine *inner, *outer;

    begin();
    inner = make(add_up, value_of(100));
    outer = make(await_sums, inner);
    write_number(next(outer));
    write_number(send(outer, 50));
    write_number(send(outer, 7));
    write_number(send(outer, 8));
    write_number(send(outer, 0));
    observe_int("inner-done", coro_done(inner));
    observe_int("outer-done", coro_done(outer));
    write_number(send(outer, 60));
    observe_str("numbers", numbers);
    observe_str("story", story);
    observe_int("destroyed", coro_destroy(inner) | coro_destroy(outer));
}

Expect(await, passes_through)
{
    expect_str("numbers", "1 50 100 107 115 -115 61",
               "what the awaited one yields comes out of the one that awaits; "
               "what is sent to that goes in; in the end it has the result, "
               "and goes on");
    expect_str("story", "o", "coro_await() returns 0, once");
    expect_int("inner-done", EQUAL, 1, "it has ended");
    expect_int("outer-done", EQUAL, 0, "it has not ended yet");
    expect_int("destroyed", EQUAL, 0, "coro_destroy() returns 0");
}

/* A line of them: the last one adds up, and each adds one to the result. */
static void *await_next(void *arg)
{
    long left = number_of(arg);
    struct coroutine *inner = left > 0 ? make(await_next, value_of(left - 1))
                                       : make(add_up, value_of(3));
    void *result = NULL;

    if (coro_await(inner, &result) != 0)
        write_letter('e');
    coro_destroy(inner);
    return value_of(number_of(result) + 1);
}

Test(await, to_any_depth)
{
    struct coroutine *co;

    begin();
    co = make(await_next, value_of(9));
    write_number(next(co));
    write_number(send(co, 30));
    write_number(send(co, 0));
    observe_str("numbers", numbers);
    observe_str("story", story);
    coro_destroy(co);
}

Expect(await, to_any_depth)
{
    expect_str("numbers", "3 33 -23", "each awaits the next, ten deep");
    expect_str("story", "", "coro_await() returns 0");
}

static void *await_one(void *arg)
{
    void *result = NULL;

    errors[0] = coro_await(arg, &result);
    errors[1] = coro_await(arg, &result);
    errors[2] = coro_await(self, &result);
    return result;
}

Test(await, no_suspension)
{
    struct coroutine *inner = make(return_at_once, value_of(66));
    struct coroutine *never = make(return_at_once, value_of(67));

    memset(errors, -1, sizeof errors);
    self = make(await_one, inner);
    observe_int("returned", next(self));
    observe_int("done", coro_done(self));
    observe_int("await", errors[0]);
    observe_int("ended", errors[1]);
    observe_int("itself", errors[2]);
    observe_int("outside", coro_await(never, NULL));
    observe_int("outside-done", coro_done(never));
    coro_destroy(never);
    coro_destroy(inner);
    coro_destroy(self);
}

Expect(await, no_suspension)
{
    expect_int("returned", EQUAL, 66, "*result is set, and then left alone");
    expect_int("done", EQUAL, 1,
               "what ends without yielding does not suspend who awaits it");
    expect_int("await", EQUAL, 0, "coro_await() returns 0");
    expect_int("ended", EQUAL, EBUSY, "it has ended");
    expect_int("itself", EQUAL, EBUSY, "it is running");
    expect_int("outside", EQUAL, EPERM, "here is no coroutine that could wait");
    expect_int("outside-done", EQUAL, 0, "after an error nothing has happened");
}

static void *await_and_clean_up(void *arg)
{
    void *result = value_of(UNTOUCHED);

    write_letter('[');
    errors[1] = coro_await(arg, &result);
    errors[2] = number_of(result);
    errors[3] = coro_done(arg);
    write_letter(']');
    return NULL;
}

Test(await, closed)
{
    struct coroutine *inner, *outer;

    begin();
    memset(errors, -1, sizeof errors);
    inner = make(open_and_close, NULL);
    outer = make(await_and_clean_up, inner);
    next(outer);
    next(outer);
    observe_int("closed", coro_close(outer));
    observe_str("story", story);
    observe_int("yield", errors[0]);
    observe_int("await", errors[1]);
    observe_int("result", errors[2]);
    observe_int("inner-done", errors[3]);
    coro_destroy(inner);
    coro_destroy(outer);
}

Expect(await, closed)
{
    expect_int("closed", EQUAL, 0, "coro_close() returns 0");
    expect_str("story", "[(yy)]",
               "closing reaches the innermost one; it cleans up first, and "
               "those that await it after it");
    expect_int("yield", EQUAL, ECANCELED, "the awaited one is closed, too");
    expect_int("await", EQUAL, ECANCELED, "who awaits is closed");
    expect_int("result", EQUAL, UNTOUCHED, "an error changes nothing");
    expect_int("inner-done", EQUAL, 1, "it has ended by then");
}

static int made; /* values that the source has made */

/* 1, 2, 3, ...; cleans up when it is closed. */
static void *naturals(void *arg)
{
    long last = number_of(arg);

    write_letter('(');
    for (long i = 1; i <= last; i++) {
        made++;
        if (coro_yield(value_of(i), NULL) != 0)
            break;
    }
    write_letter(')');
    return value_of(UNTOUCHED);
}

/* It is closed, and only then it awaits. */
static void *clean_up_and_await(void *arg)
{
    errors[1] = coro_yield(NULL, NULL);
    write_letter('[');
    errors[2] = coro_await(arg, NULL);
    errors[3] = coro_done(arg);
    write_letter(']');
    return NULL;
}

Test(await, while_closed)
{
    struct coroutine *inner, *outer;

    begin();
    memset(errors, -1, sizeof errors);
    inner = make(naturals, value_of(99));
    outer = make(clean_up_and_await, inner);
    next(inner);
    next(outer);
    observe_int("closed", coro_close(outer));
    observe_int("outer-done", coro_done(outer));
    observe_str("story", story);
    observe_int("yield", errors[1]);
    observe_int("await", errors[2]);
    observe_int("inner-done", errors[3]);
    coro_destroy(outer);
    coro_destroy(inner);
}

Expect(await, while_closed)
{
    expect_int("yield", EQUAL, ECANCELED, "it is closed");
    expect_int("await", EQUAL, ECANCELED,
               "who is being closed cannot suspend itself, so it cannot wait "
               "for one that yields again and again");
    expect_int("inner-done", EQUAL, 1, "the awaited one is closed, too");
    expect_str("story", "([)]",
               "round brackets are those of the awaited one, square brackets "
               "of the one that awaits: it goes on when the other has cleaned "
               "up");
    expect_int("closed", EQUAL, 0, "coro_close() returns 0");
    expect_int("outer-done", EQUAL, 1, "and then its function has returned");
}

static int sent_down; /* the sum of what was sent to this one */

static void *yield_null(void *arg)
{
    void *values[] = {value_of(5), NULL, value_of(6)}, *sent = NULL;

    for (int i = 0; i < 3; i++) {
        if (coro_yield(values[i], &sent) != 0)
            break;
        sent_down += (int)number_of(sent);
    }
    return arg;
}

static void *await_without_result(void *arg)
{
    errors[0] = coro_await(arg, NULL);
    return value_of(7);
}

Test(await, goes_on)
{
    struct coroutine *inner, *outer;

    begin();
    errors[0] = -1;
    inner = make(yield_null, value_of(9));
    outer = make(await_without_result, inner);
    write_number(next(inner));
    for (int i = 0; i < 3; i++)
        write_number(next(outer));
    observe_str("numbers", numbers);
    observe_int("await", errors[0]);
    observe_int("inner-done", coro_done(inner));
    coro_destroy(inner);
    coro_destroy(outer);
}

Expect(await, goes_on)
{
    expect_str("numbers", "5 0 6 7",
               "one that has yielded already is awaited from there on; NULL is "
               "a value like any other, and ends nothing");
    expect_int("await", EQUAL, 0, "the pointer for the result may be NULL");
    expect_int("inner-done", EQUAL, 1, "it was run to its end");
}

/* ---- step 3: pipelines -------------------------------------------------- */

static void *square(void *value, void *arg)
{
    return value_of(number_of(value) * number_of(value) + number_of(arg));
}

static void *add_to(void *value, void *arg)
{
    return value_of(number_of(value) + number_of(arg));
}

static bool is_odd(void *value, void *arg)
{
    return number_of(value) % number_of(arg) == 1;
}

static struct coroutine *stage(struct coroutine *co)
{
    cr_assert(co != NULL, "a stage could not be made");
    return co;
}

Test(pipeline, stages)
{
    struct coroutine *co;

    begin();
    made = 0;
    co = make(naturals, value_of(1000));
    co = stage(gen_map(co, square, value_of(2)));
    co = stage(gen_filter(co, is_odd, value_of(2)));
    co = stage(gen_take(co, 4));
    observe_int("made-before", made);
    take_all(co);
    observe_str("numbers", numbers);
    observe_int("done", coro_done(co));
    observe_int("made", made);
    observe_str("story", story);
    observe_int("destroyed", coro_destroy(co));
    observe_str("then", story);
}

Expect(pipeline, stages)
{
    expect_str("numbers", "3 11 27 51",
               "the squares plus 2 of 1, 2, 3, ..., the odd ones, four of "
               "them");
    expect_int("made-before", EQUAL, 0, "nothing is taken before it is needed");
    expect_int("made", EQUAL, 7,
               "and nothing more than what is needed: the fourth is made of 7");
    expect_int("done", EQUAL, 1, "gen_take() ends after four");
    expect_str("story", "()",
               "when a stage ends its source is closed at once, and cleans up");
    expect_int("destroyed", EQUAL, 0, "coro_destroy() returns 0");
    expect_str("then", "()", "what has ended does not run again");
}

Test(pipeline, source_ends)
{
    struct coroutine *co;

    begin();
    made = 0;
    co = make(naturals, value_of(3));
    co = stage(gen_filter(stage(gen_take(co, 9)), is_odd, value_of(2)));
    take_all(co);
    observe_str("numbers", numbers);
    observe_int("done", coro_done(co));
    observe_str("story", story);
    coro_destroy(co);
    co = stage(gen_map(make(naturals, value_of(1)), square, NULL));
    next(co);
    observe_int("returned", next(co));
    coro_destroy(co);
}

Expect(pipeline, source_ends)
{
    expect_str("numbers", "1 3",
               "a stage ends with its source, and does not yield what that "
               "returned");
    expect_int("done", EQUAL, 1, "it has ended");
    expect_str("story", "()", "each ends once");
    expect_int("returned", EQUAL, 0, "a stage returns NULL");
}

static void *same(void *value, void *arg)
{
    (void)arg;
    return value;
}

static bool keep_all(void *value, void *arg)
{
    (void)value;
    (void)arg;
    return true;
}

/* Sends 0, 1, 2, 3 to a stage whose source yields 5, NULL, 6. */
static void observe_nulls(const char *name, struct coroutine *co)
{
    begin();
    for (int i = 0; i < 4; i++)
        write_number(send(stage(co), i));
    observe_str(name, numbers);
    coro_destroy(co);
}

Test(pipeline, null_is_a_value)
{
    sent_down = 0;
    observe_nulls("map", gen_map(make(yield_null, value_of(9)), same, NULL));
    observe_nulls("filter",
                  gen_filter(make(yield_null, value_of(9)), keep_all, NULL));
    observe_nulls("take", gen_take(make(yield_null, value_of(9)), SIZE_MAX));
    observe_int("sent-to-the-source", sent_down);
}

Expect(pipeline, null_is_a_value)
{
    static const char *const stages[] = {"map", "filter", "take"};

    for (int i = 0; i < 3; i++)
        expect_str(stages[i], "5 0 6 0",
                   "5, NULL, 6, and then the end, which is NULL whatever the "
                   "source has returned: only coro_done() says that a source "
                   "has ended, and no value does");
    expect_int("sent-to-the-source", EQUAL, 0,
               "a stage sends NULL to its source, whatever is sent to it");
}

Test(pipeline, closed)
{
    struct coroutine *co;

    begin();
    co = stage(gen_map(make(naturals, value_of(99)), square, NULL));
    next(co);
    next(co);
    observe_int("closed", coro_close(co));
    observe_str("story", story);
    coro_destroy(co);
    co = stage(gen_filter(make(naturals, value_of(99)), is_odd, value_of(2)));
    next(co);
    coro_destroy(co);
    observe_str("destroyed", story);
}

Expect(pipeline, closed)
{
    expect_int("closed", EQUAL, 0, "coro_close() returns 0");
    expect_str("story", "()", "when a stage is closed its source is, too");
    expect_str("destroyed", "()()", "and so it is when it is destroyed");
}

/* Sends to the stage of a source that has ended before it was made. */
static void end_with_source(struct coroutine *co)
{
    write_number(next(co));
    write_number(coro_done(co));
    coro_destroy(co);
}

static struct coroutine *ended_source(void)
{
    struct coroutine *co = make(return_at_once, value_of(7));

    next(co);
    return co;
}

Test(pipeline, source_had_ended)
{
    begin();
    end_with_source(stage(gen_map(ended_source(), add_to, value_of(1))));
    end_with_source(stage(gen_filter(ended_source(), is_odd, value_of(2))));
    end_with_source(stage(gen_take(ended_source(), 2)));
    observe_str("numbers", numbers);
}

Expect(pipeline, source_had_ended)
{
    expect_str("numbers", "0 1 0 1 0 1",
               "map, filter, take: asked for the first time, each ends with "
               "NULL, as its source has nothing to give");
}

/* A stage that never begins, on a source that has. */
Test(pipeline, not_begun)
{
    struct coroutine *co, *source;

    begin();
    source = make(naturals, value_of(99));
    next(source);
    co = stage(gen_take(stage(gen_map(source, square, NULL)), 5));
    observe_int("closed", coro_close(co));
    observe_str("story", story);
    coro_destroy(co);
    source = make(naturals, value_of(99));
    next(source);
    co = stage(gen_filter(source, is_odd, value_of(2)));
    coro_close(co);
    observe_str("filter", story);
    coro_destroy(co);
    source = make(naturals, value_of(99));
    next(source);
    coro_destroy(stage(gen_filter(source, is_odd, value_of(2))));
    observe_str("destroyed", story);
    coro_destroy(stage(gen_map(make(naturals, value_of(99)), square, NULL)));
    observe_str("never", story);
}

Expect(pipeline, not_begun)
{
    expect_int("closed", EQUAL, 0, "coro_close() returns 0");
    expect_str("story", "()",
               "a stage that has not begun owns its source all the same");
    expect_str("filter", "()()", "and so does a filter");
    expect_str("destroyed", "()()()", "and closes it when it is destroyed");
    expect_str("never", "()()()", "what has not begun has nothing to clean up");
}

Test(pipeline, take_nothing)
{
    struct coroutine *co;

    begin();
    made = 0;
    co = stage(gen_take(make(naturals, value_of(99)), 0));
    take_all(co);
    observe_str("numbers", numbers);
    observe_int("done", coro_done(co));
    observe_int("made", made);
    coro_destroy(co);
}

Expect(pipeline, take_nothing)
{
    expect_str("numbers", "", "none were asked for");
    expect_int("done", EQUAL, 1, "it ends with the first coro_send()");
    expect_int("made", EQUAL, 0, "the source is not asked");
}

/* More than an unsigned int holds. */
Test(pipeline, take_billions)
{
    static const size_t BILLIONS = ((size_t)1 << 32) + 2;
    struct coroutine *co;

    begin();
    co = stage(gen_take(make(naturals, value_of(5)), BILLIONS));
    take_all(co);
    observe_str("numbers", numbers);
    coro_destroy(co);
}

Expect(pipeline, take_billions)
{
    expect_str("numbers", "1 2 3 4 5",
               "gen_take() was told to take 4,294,967,298, and its source has "
               "five: a size_t goes into a size_t");
}

enum { STAGES = 100 };

Test(pipeline, long)
{
    struct coroutine *co;

    begin();
    co = make(naturals, value_of(2));
    for (int i = 0; i < STAGES; i++)
        co = stage(gen_map(co, add_to, value_of(1)));
    take_all(co);
    observe_str("numbers", numbers);
    observe_int("done", coro_done(co));
    observe_int("destroyed", coro_destroy(co));
    observe_str("story", story);
}

Expect(pipeline, long)
{
    expect_str("numbers", "101 102",
               "each of 100 stages adds one to 1 and to 2: a pipeline may be "
               "as long as one likes");
    expect_int("done", EQUAL, 1, "the end of the source goes through all");
    expect_int("destroyed", EQUAL, 0, "coro_destroy() returns 0");
    expect_str("story", "()", "and the source ends once");
}

/* The primes, with a filter more for each that was found. */
static bool is_not_divided(void *value, void *arg)
{
    return number_of(value) % number_of(arg) != 0;
}

Test(pipeline, sieve)
{
    struct coroutine *co;

    begin();
    co = make(naturals, value_of(1000));
    next(co);
    for (int i = 0; i < 12; i++) {
        long prime = next(co);

        write_number(prime);
        co = stage(gen_filter(co, is_not_divided, value_of(prime ? prime : 1)));
    }
    observe_str("numbers", numbers);
    coro_destroy(co);
    observe_str("story", story);
}

Expect(pipeline, sieve)
{
    expect_str("numbers", "2 3 5 7 11 13 17 19 23 29 31 37",
               "a source that has begun goes on in its stage");
    expect_str("story", "()",
               "the last stage closes its source, and that its own, to the "
               "first");
}

/* ---- step 4: tasks ------------------------------------------------------ */

static struct tasks *tasks;

static void open_tasks(void)
{
    begin();
    tasks = tasks_create();
    cr_assert(tasks != NULL, "tasks_create() returned NULL");
}

static void start(void *(*function)(void *arg), void *arg)
{
    int error = tasks_start(tasks, function, arg);

    cr_assert(error == 0, "tasks_start() returned %d", error);
}

/* 'c': writes its letter three times. */
static void *write_and_pause(void *arg)
{
    char of = *(char *)arg;

    for (char i = 'a'; i <= of; i++) {
        write_letter(of);
        task_pause();
    }
    return NULL;
}

Test(task, round_robin)
{
    open_tasks();
    for (char of = 'b'; of <= 'e'; of++)
        start(write_and_pause, letter(of));
    write_letter('-');
    observe_int("returned", tasks_run(tasks));
    observe_str("story", story);
    observe_int("now", (long)tasks_now(tasks));
    tasks_destroy(tasks);
}

Expect(task, round_robin)
{
    expect_int("returned", EQUAL, 0, "no task is left");
    expect_str("story", "-bcdebcdecdedee",
               "who pauses goes to the end of the queue, and the first of it "
               "is next; who ends leaves it");
    expect_int("now", EQUAL, 0, "nobody slept, so no time has gone by");
}

/* Sleeps for as many ticks as its letter says. */
static void *sleep_by_letter(void *arg)
{
    char of = *(char *)arg;

    task_sleep((unsigned long)(of - 'a') * 10);
    write_letter(of);
    write_number((long)tasks_now(tasks));
    return NULL;
}

Test(task, sleeps_overlap)
{
    open_tasks();
    start(sleep_by_letter, letter('d'));
    start(sleep_by_letter, letter('b'));
    start(sleep_by_letter, letter('c'));
    observe_int("returned", tasks_run(tasks));
    observe_str("story", story);
    observe_str("numbers", numbers);
    observe_int("now", (long)tasks_now(tasks));
    tasks_destroy(tasks);
}

Expect(task, sleeps_overlap)
{
    expect_int("returned", EQUAL, 0, "no task is left");
    expect_str("story", "bcd", "they wake in the order of their times");
    expect_str("numbers", "10 20 30", "each when its own time has come");
    expect_int("now", EQUAL, 30,
               "who sleeps does not keep the thread: three sleeps of 30, 10 "
               "and 20 ticks are over after 30, and not after 60");
}

static void *sleep_until_20(void *arg)
{
    char of = *(char *)arg;

    write_letter(of);
    if (of != 'a')
        task_sleep(of == 'b' ? 5 : 10);
    task_sleep(20 - tasks_now(tasks));
    write_letter(of);
    task_sleep(0);
    write_letter(of);
    return NULL;
}

Test(task, equal_times)
{
    open_tasks();
    for (char of = 'a'; of <= 'd'; of++)
        start(sleep_until_20, letter(of));
    observe_int("returned", tasks_run(tasks));
    observe_str("story", story);
    observe_int("now", (long)tasks_now(tasks));
    tasks_destroy(tasks);
}

Expect(task, equal_times)
{
    expect_int("returned", EQUAL, 0, "no task is left");
    expect_str("story", "abcdabcdabcd",
               "those that wake at the same time go on in the order in which "
               "they fell asleep; a sleep of 0 is a pause");
    expect_int("now", EQUAL, 20, "no time goes by while a task can run");
}

static void *sleep_for_nothing(void *arg)
{
    write_letter(*(char *)arg);
    task_sleep(0);
    write_letter(*(char *)arg);
    return NULL;
}

Test(task, sleeps_of_nothing)
{
    open_tasks();
    start(sleep_for_nothing, letter('a'));
    start(write_and_pause, letter('c'));
    observe_int("returned", tasks_run(tasks));
    observe_str("story", story);
    observe_int("now", (long)tasks_now(tasks));
    tasks_destroy(tasks);
}

Expect(task, sleeps_of_nothing)
{
    expect_int("returned", EQUAL, 0, "no task is left");
    expect_str("story", "acacc",
               "a sleep of 0 is a pause: a goes to the end of the queue, and "
               "does not wait until all others sleep, too");
    expect_int("now", EQUAL, 0, "nobody slept, so no time has gone by");
}

enum { WORKERS = 100 };

static int in_order[3]; /* who came in turn, in each of three rounds */

static void *work_and_wait(void *arg)
{
    long number = number_of(arg);

    in_order[0] += in_order[0] == number;
    task_pause();
    in_order[1] += in_order[1] == number;
    task_sleep((unsigned long)(WORKERS - number));
    in_order[2] += in_order[2] == WORKERS - 1 - number;
    return NULL;
}

Test(task, many)
{
    int errors = 0;

    open_tasks();
    memset(in_order, 0, sizeof in_order);
    for (long i = 0; i < WORKERS; i++)
        errors += tasks_start(tasks, work_and_wait, value_of(i)) != 0;
    observe_int("errors", errors);
    observe_int("returned", tasks_run(tasks));
    observe_int("first", in_order[0]);
    observe_int("second", in_order[1]);
    observe_int("third", in_order[2]);
    observe_int("now", (long)tasks_now(tasks));
    tasks_destroy(tasks);
}

Expect(task, many)
{
    expect_int("errors", EQUAL, 0,
               "there may be as many tasks as there is memory for: "
               "tasks_start() returns ENOMEM when there is none");
    expect_int("returned", EQUAL, 0, "no task is left");
    expect_int("first", EQUAL, WORKERS,
               "100 tasks begin in the order in which they were started");
    expect_int("second", EQUAL, WORKERS, "after a pause they go on in it");
    expect_int("third", EQUAL, WORKERS,
               "and after sleeps of 100, 99, ..., 1 ticks in the other order");
    expect_int("now", EQUAL, WORKERS, "the last one wakes after 100 ticks");
}

static const unsigned long LONG_TIME = 1ul << 33;

static void *sleep_long(void *arg)
{
    task_sleep(*(char *)arg == 'b' ? LONG_TIME : 5);
    write_letter(*(char *)arg);
    return NULL;
}

Test(task, sleeps_long)
{
    open_tasks();
    start(sleep_long, letter('b'));
    start(sleep_long, letter('a'));
    observe_int("returned", tasks_run(tasks));
    observe_str("story", story);
    observe_int("now", (long)tasks_now(tasks));
    tasks_destroy(tasks);
}

Expect(task, sleeps_long)
{
    expect_int("returned", EQUAL, 0, "no task is left");
    expect_str("story", "ab", "they wake in the order of their times");
    expect_int("now", EQUAL, (long)LONG_TIME,
               "ticks are unsigned long, and more than 32 bits of them count");
}

static void *sleep_for_one(void *arg)
{
    (void)arg;
    task_sleep(1);
    write_letter('w');
    write_number((long)tasks_now(tasks));
    return NULL;
}

static void *pause_often(void *arg)
{
    for (long i = 0; i < number_of(arg); i++) {
        write_letter('p');
        task_pause();
    }
    write_number((long)tasks_now(tasks));
    task_sleep(7);
    write_number((long)tasks_now(tasks));
    return NULL;
}

Test(task, clock_stands_still)
{
    open_tasks();
    start(sleep_for_one, NULL);
    start(pause_often, value_of(5));
    observe_int("returned", tasks_run(tasks));
    observe_str("story", story);
    observe_str("numbers", numbers);
    start(sleep_for_one, NULL);
    tasks_run(tasks);
    observe_int("now", (long)tasks_now(tasks));
    tasks_destroy(tasks);
}

Expect(task, clock_stands_still)
{
    expect_int("returned", EQUAL, 0, "no task is left");
    expect_str("story", "pppppw", "no time goes by while a task can run");
    expect_str("numbers", "0 1 7", "a sleep counts from its own beginning");
    expect_int("now", EQUAL, 8, "a later tasks_run() goes on with the clock");
}

static void *start_others(void *arg)
{
    char of = *(char *)arg;

    write_letter(of);
    if (of < 'e') {
        start(start_others, letter((char)(of + 1)));
        errors[0] = tasks_run(tasks);
    }
    task_pause();
    write_letter((char)(of - 'a' + 'A'));
    return NULL;
}

Test(task, starts_others)
{
    open_tasks();
    memset(errors, -1, sizeof errors);
    observe_int("empty", tasks_run(tasks));
    start(start_others, letter('a'));
    start(start_others, letter('d'));
    observe_int("returned", tasks_run(tasks));
    observe_str("story", story);
    observe_int("nested", errors[0]);
    tasks_destroy(tasks);
}

Expect(task, starts_others)
{
    expect_int("empty", EQUAL, 0, "no task is left");
    expect_int("returned", EQUAL, 0, "no task is left");
    expect_str("story", "adbAeDcBEdCeDE",
               "a new task goes to the end of the queue");
    expect_int("nested", EQUAL, EBUSY, "they are running already");
}

/* A task of others, which run inside of a task of ours. */
static void *sleep_among_others(void *arg)
{
    errors[0] = tasks_run(tasks);
    errors[1] = tasks_run(arg);
    write_letter('i');
    task_sleep(2);
    write_letter('j');
    return NULL;
}

static void *run_others(void *arg)
{
    struct tasks *others = tasks_create();

    (void)arg;
    cr_assert(others != NULL, "tasks_create() returned NULL");
    errors[2] = tasks_start(others, sleep_among_others, others);
    errors[3] = tasks_run(others);
    write_number((long)tasks_now(others));
    tasks_destroy(others);
    task_sleep(3);
    write_letter('r');
    write_number((long)tasks_now(tasks));
    return NULL;
}

Test(task, runs_others)
{
    open_tasks();
    memset(errors, -1, sizeof errors);
    start(run_others, NULL);
    start(write_and_pause, letter('b'));
    observe_int("returned", tasks_run(tasks));
    observe_int("outer", errors[0]);
    observe_int("own", errors[1]);
    observe_int("others", errors[2] | errors[3]);
    observe_str("story", story);
    observe_str("numbers", numbers);
    tasks_destroy(tasks);
}

Expect(task, runs_others)
{
    expect_int("returned", EQUAL, 0, "no task is left");
    expect_int("outer", EQUAL, EBUSY,
               "they are running already, and wait for what their task does");
    expect_int("own", EQUAL, EBUSY, "they are running already");
    expect_int("others", EQUAL, 0,
               "a task may run other tasks, which are not its own");
    expect_str("story", "ijbbr",
               "they run to their end, as in a function that is called; then "
               "the task goes on among its own");
    expect_str("numbers", "2 3", "each has a clock of its own");
}

/* A function that waits, called by one that waits for it, in a task. */
static void *sleep_inside(void *arg)
{
    write_letter(*(char *)arg);
    task_pause();
    write_letter(*(char *)arg);
    task_sleep(10);
    write_letter(*(char *)arg);
    return value_of(number_of(arg));
}

static void *await_inside(void *arg)
{
    struct coroutine *inner = make(sleep_inside, arg);
    void *result = NULL;

    coro_await(inner, &result);
    coro_destroy(inner);
    return result;
}

static void *await_in_task(void *arg)
{
    struct coroutine *inner = make(await_inside, arg);
    void *result = NULL;

    coro_await(inner, &result);
    coro_destroy(inner);
    write_letter(result == arg ? 'o' : 'e');
    return NULL;
}

Test(task, awaits)
{
    open_tasks();
    start(await_in_task, letter('a'));
    start(write_and_pause, letter('b'));
    start(await_in_task, letter('c'));
    observe_int("returned", tasks_run(tasks));
    observe_str("story", story);
    observe_int("now", (long)tasks_now(tasks));
    tasks_destroy(tasks);
}

Expect(task, awaits)
{
    expect_int("returned", EQUAL, 0, "no task is left");
    expect_str("story", "abcabcaoco",
               "what a task awaits pauses and sleeps for the whole task");
    expect_int("now", EQUAL, 10, "both sleep at the same time");
}

/* Its generators are its own affair, whatever they yield. */
static void *use_pipeline(void *arg)
{
    struct coroutine *co = make(naturals, value_of(9));

    co = stage(gen_filter(co, is_odd, value_of(2)));
    for (int i = 0; i < 3; i++) {
        write_number(number_of(arg) + next(co));
        task_pause();
    }
    coro_destroy(co);
    return NULL;
}

Test(task, has_generators)
{
    open_tasks();
    start(use_pipeline, value_of(10));
    start(use_pipeline, value_of(20));
    observe_int("returned", tasks_run(tasks));
    observe_str("numbers", numbers);
    observe_str("story", story);
    tasks_destroy(tasks);
}

Expect(task, has_generators)
{
    expect_int("returned", EQUAL, 0, "no task is left");
    expect_str("numbers", "11 21 13 23 15 25",
               "a generator yields to the task that resumes it, and the task "
               "pauses for the others");
    expect_str("story", "(())", "each closes its own");
}

enum { RUNNERS = 64, FEW = 16 };

/* How many stretches of memory there are that nobody may touch. */
static int count_guards(void)
{
    FILE *maps = fopen("/proc/self/maps", "r");
    char line[8 * KIB];
    int guards = 0;

    cr_assert(maps != NULL, "no /proc/self/maps");
    while (fgets(line, sizeof line, maps) != NULL)
        guards += strstr(line, " ---p ") != NULL;
    fclose(maps);
    return guards;
}

static int at_first, at_last;

/* Starts the next one, and ends. */
static void *hand_on(void *arg)
{
    long left = number_of(arg);

    at_last = count_guards();
    if (left == RUNNERS - 2)
        at_first = at_last;
    if (left > 0)
        start(hand_on, value_of(left - 1));
    return NULL;
}

Test(task, relay)
{
    open_tasks();
    start(hand_on, value_of(RUNNERS));
    observe_int("returned", tasks_run(tasks));
    observe_int("more-guards", at_last - at_first);
    tasks_destroy(tasks);
}

Expect(task, relay)
{
    expect_int("returned", EQUAL, 0, "no task is left");
    expect_int("more-guards", AT_MOST, FEW,
               "a task is freed when it ends, and its stack with it, and not "
               "when all have ended: two of these 64 are alive at one time");
}

/* Some run, some never do. */
Test(task, left_over)
{
    open_tasks();
    start(write_and_pause, letter('a'));
    observe_int("returned", tasks_run(tasks));
    start(write_and_pause, letter('b'));
    start(sleep_for_one, NULL);
    tasks_destroy(tasks);
    tasks_destroy(NULL);
    observe_str("story", story);
}

Expect(task, left_over)
{
    expect_int("returned", EQUAL, 0, "no task is left");
    expect_str("story", "a", "what has not begun is closed without beginning");
}

/* ---- many --------------------------------------------------------------- */

enum { MANY = 200, CROWD = 10000, SWITCHES = 1000000 };

static void *for_ever(void *arg)
{
    long sum = 0;
    void *sent = NULL;

    while (coro_yield(value_of(sum), &sent) == 0)
        sum += number_of(sent);
    if (arg != NULL)
        ++*(int *)arg;
    return NULL;
}

/* `count` of them alive at one time, resumed `rounds` times each; what was
 * wrong. */
static int run_crowd(int count, int rounds, size_t stack, int *closed)
{
    struct coroutine **cos = calloc((size_t)count, sizeof(*cos));
    int wrong = 0;

    cr_assert(cos != NULL, "no memory");
    for (int i = 0; i < count; i++) {
        cos[i] = coro_create(for_ever, closed, stack);
        cr_assert(cos[i] != NULL, "coro_create() returned NULL for number %d",
                  i + 1);
        wrong += next(cos[i]) != 0;
    }
    for (int round = 1; round <= rounds; round++)
        for (int i = 0; i < count; i++)
            wrong += send(cos[i], i + 1) != (long)round * (i + 1);
    for (int i = 0; i < count; i++)
        wrong += coro_destroy(cos[i]) != 0;
    free(cos);
    return wrong;
}

Test(many, two_hundred)
{
    int closed = 0;

    observe_int("wrong", run_crowd(MANY, 3, 16 * KIB, &closed));
    observe_int("closed", closed);
}

Expect(many, two_hundred)
{
    expect_int("wrong", EQUAL, 0, "each has a stack and a state of its own");
    expect_int("closed", EQUAL, MANY, "each is closed when it is destroyed");
}

Test(crowd, ten_thousand)
{
    int closed = 0;

    observe_int("wrong", run_crowd(CROWD, 3, 16 * KIB, &closed));
    observe_int("closed", closed);
}

Expect(crowd, ten_thousand)
{
    expect_int("wrong", EQUAL, 0, "each has a stack and a state of its own");
    expect_int("closed", EQUAL, CROWD, "each is closed when it is destroyed");
}

Test(crowd, million_switches)
{
    observe_int("wrong", run_crowd(2, SWITCHES / 4, 16 * KIB, NULL));
}

Expect(crowd, million_switches)
{
    expect_int("wrong", EQUAL, 0, "a switch needs nothing that runs out");
}

/* ---- two threads, each with its own ------------------------------------- */

enum { TURNS = 20 };

struct person {
    pthread_t thread;
    struct tasks *tasks;
    long sum;
    int met;
    int errors;
};

static struct meeting both = MEETING(2);

/* In the midst of a coroutine they wait for each other. */
static void *meet_inside(void *arg)
{
    struct person *person = arg;

    person->met = meet(&both);
    for (long i = 1; i <= TURNS; i++)
        person->errors += coro_yield(value_of(i), NULL) != 0;
    return NULL;
}

static void *work_in_turns(void *arg)
{
    struct person *person = arg;

    for (long i = 1; i <= TURNS; i++) {
        person->sum += i;
        if (i % 4 == 0)
            person->errors += task_sleep(2) != 0;
        else
            person->errors += task_pause() != 0;
    }
    return NULL;
}

static void *person_main(void *arg)
{
    struct person *person = arg;
    struct coroutine *co = coro_create(meet_inside, person, 0);
    void *value;

    if (co == NULL)
        return NULL;
    co = gen_map(co, square, NULL);
    while (co != NULL && coro_send(co, NULL, &value) == 0)
        if (!coro_done(co))
            person->sum += number_of(value);
    coro_destroy(co);
    person->tasks = tasks_create();
    if (person->tasks == NULL)
        return NULL;
    for (int i = 0; i < 3; i++)
        person->errors += tasks_start(person->tasks, work_in_turns, person);
    person->errors += tasks_run(person->tasks);
    tasks_destroy(person->tasks);
    return NULL;
}

Test(thread, each_its_own)
{
    struct person persons[2];
    long sum = 0;

    memset(persons, 0, sizeof persons);
    for (int i = 0; i < 2; i++)
        cr_assert(pthread_create(&persons[i].thread, NULL, person_main,
                                 &persons[i]) == 0,
                  "no thread");
    for (int i = 0; i < 2; i++)
        pthread_join(persons[i].thread, NULL);
    for (int i = 0; i < 2; i++)
        sum += persons[i].sum;
    observe_int("sum", sum);
    observe_int("met", persons[0].met + persons[1].met);
    observe_int("errors", persons[0].errors + persons[1].errors);
}

Expect(thread, each_its_own)
{
    long sum = 0;

    for (long i = 1; i <= TURNS; i++)
        sum += 2 * (i * i + 3 * i);
    expect_int("sum", EQUAL, sum,
               "two threads with coroutines of their own do not disturb each "
               "other");
    expect_int("met", EQUAL, 4, "both are inside a coroutine at one time");
    expect_int("errors", EQUAL, 0, "nothing of that is an error");
}

static void *come_and_go(void *arg)
{
    struct coroutine *co = coro_create(count_up, value_of(1), 0);

    if (co == NULL)
        return NULL;
    *(long *)arg = next(co) + next(co);
    coro_destroy(co);
    return NULL;
}

/* One thread ends while another has a coroutine: what is left behind then, the
 * memory tells. */
Test(thread, ends_first)
{
    struct coroutine *co;
    pthread_t thread;
    long sum = 0;

    begin();
    co = make(count_up, value_of(2));
    write_number(next(co));
    cr_assert(pthread_create(&thread, NULL, come_and_go, &sum) == 0,
              "no thread");
    pthread_join(thread, NULL);
    write_number(next(co));
    observe_str("numbers", numbers);
    observe_int("sum", sum);
    observe_int("destroyed", coro_destroy(co));
}

Expect(thread, ends_first)
{
    expect_str("numbers", "1 2", "it goes on as if no other had been");
    expect_int("sum", EQUAL, 11, "the other thread's yields 1 and returns 10");
    expect_int("destroyed", EQUAL, 0, "coro_destroy() returns 0");
}

/* ---- calls that fail ---------------------------------------------------- */

/* Errors are right where a call failed, and wrong where none did. */
static void observe_errors(int count)
{
    if (fault_kind() <= FAULT_SOFT)
        observe_int("errors", count);
}

/* Who never has a guard page pays for that elsewhere, and not here. */
Test(faults, create)
{
    int failed = 0, wrong = 0, unguarded = 0;
    uintptr_t bottom;

    begin();
    for (int i = 0; i < 3; i++) {
        struct coroutine *co = coro_create(look_and_add, value_of(i), 16 * KIB);

        failed += co == NULL;
        if (co == NULL)
            continue;
        wrong += next(co) != i;
        unguarded +=
            !find_bottom(stack_top, &bottom) || stack_top - bottom > 80 * KIB;
        wrong += send(co, 5) != i + 5;
        wrong += coro_destroy(co) != 0;
    }
    observe_int("wrong", wrong);
    observe_int("unguarded", unguarded < 3 - failed ? unguarded : 0);
    observe_int("too-many", failed > 1);
    observe_errors(failed);
}

Expect(faults, create)
{
    expect_int("wrong", EQUAL, 0, "what could be created works");
    expect_int("unguarded", EQUAL, 0,
               "a stack without its guard page is no success: when mprotect() "
               "fails, coro_create() does");
    expect_int("too-many", EQUAL, 0,
               "one call that fails costs one coroutine, and not the next");
    expect_int("errors", EQUAL, 0, "coro_create() fails only if a call does");
}

/* A stage that cannot be made leaves its source as it was. */
static struct coroutine *stage_or_not(struct coroutine *source,
                                      struct coroutine *co, int *failed)
{
    *failed += co == NULL;
    return co ? co : source;
}

Test(faults, pipeline)
{
    struct coroutine *co;
    int failed = 0, wrong = 0;

    begin();
    made = 0;
    co = coro_create(naturals, value_of(99), 16 * KIB);
    if (co == NULL) {
        observe_errors(1);
        return;
    }
    wrong += next(co) != 1;
    co = stage_or_not(co, gen_map(co, square, NULL), &failed);
    co = stage_or_not(co, gen_filter(co, keep_all, NULL), &failed);
    co = stage_or_not(co, gen_take(co, 9), &failed);
    wrong += next(co) <= 0;
    observe_int("done", coro_done(co));
    wrong += coro_destroy(co) != 0;
    observe_int("wrong", wrong + (failed > 1));
    observe_str("story", story);
    observe_errors(failed);
}

Expect(faults, pipeline)
{
    expect_int("done", EQUAL, 0,
               "a stage that returned is a stage, and where one could not be "
               "made its source is not closed: both go on");
    expect_int("wrong", EQUAL, 0,
               "one call that fails costs one stage, and not its source");
    expect_str("story", "()",
               "the source is still there, and is closed in the end");
    expect_int("errors", EQUAL, 0, "stages fail only if a call does");
}

static int ran;

static void *count_and_sleep(void *arg)
{
    (void)arg;
    ran++;
    task_pause();
    task_sleep(3);
    ran++;
    return NULL;
}

Test(faults, tasks)
{
    struct tasks *all = tasks_create();
    int started = 0, other = 0;

    if (all == NULL) {
        observe_errors(1);
        return;
    }
    ran = 0;
    for (int i = 0; i < 3; i++) {
        int error = tasks_start(all, count_and_sleep, NULL);

        started += error == 0;
        other += error != 0 && error != ENOMEM;
    }
    observe_int("other-errors", other);
    observe_int("returned", tasks_run(all));
    observe_int("halves", ran - 2 * started);
    observe_int("now", (long)tasks_now(all));
    observe_int("too-few", started < 2);
    tasks_destroy(all);
    observe_errors(3 - started);
}

Expect(faults, tasks)
{
    expect_int("other-errors", EQUAL, 0, "tasks_start() returns 0 or ENOMEM");
    expect_int("returned", EQUAL, 0, "what was started runs to its end");
    expect_int("halves", EQUAL, 0, "and only what was started");
    expect_int("now", EQUAL, 3, "and sleeps as ever");
    expect_int("too-few", EQUAL, 0, "one call that fails costs one task");
    expect_int("errors", EQUAL, 0, "tasks_start() fails only if a call does");
}
