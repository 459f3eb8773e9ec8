/*
 * read_tsan.h - between read_tsan.c, which understands the lines, and
 * read_tsan_words.c, which makes a report of them.
 */
#ifndef READ_TSAN_H
#define READ_TSAN_H

#include "read.h"
#include "read_parts.h"

/* Ceilings of one report; what is beyond them is passed over. */
enum { TSAN_SIDES = 32, TSAN_LOCKS = 64, TSAN_THREADS = 64 };

enum tsan_act { TSAN_PLAIN, TSAN_ACCESS, TSAN_ORDER };

struct tsan_side {
    enum tsan_act act;
    bool write, atomic;
    unsigned long size;
    const char *thread;
    const char *locks;          /* as printed: "write M0, read M1"; or NULL */
    unsigned long takes, holds; /* numbers of mutexes, for TSAN_ORDER */
    struct stack at;
    struct stack first; /* where the held mutex was taken */
};

struct tsan_lock {
    unsigned long number;
    uint64_t address;
    struct stack made;
};

/* What the lines of one report said. */
struct tsan_draft {
    bool open;
    const char *begin; /* in the log */
    const char *title;
    struct tsan_side sides[TSAN_SIDES];
    size_t side_count;
    struct tsan_lock locks[TSAN_LOCKS];
    size_t lock_count;
    struct stack births[TSAN_THREADS]; /* where threads were started */
    size_t birth_count;
    const char *global; /* name of the variable, or NULL */
    const char *tls;    /* the thread whose it is, or NULL */
    unsigned long block;
    bool is_block, is_descriptor;
    unsigned long descriptor;
    struct stack made;  /* where block or descriptor came from */
    struct stack spill; /* for stacks that nobody needs */
    struct stack *sink; /* the stack that the next frame belongs to */
};

struct tsan {
    void *ctx;
    void *scratch; /* freed when the log is read */
    struct symbols *symbols;
    struct reports reports;
    uint64_t base;    /* load address, 0 when not known or none */
    const char *test; /* the last marker's, or NULL */
    bool ended;       /* the tool's own last line was seen */
    struct tsan_draft draft;
};

/*
 * "... (prog+0x1234) ..." gives true and the offset when the module is the
 * program itself, and not a shared library, "[stack]" or "[vdso]".
 */
bool tsan_offset(const char *text, uint64_t *offset);

/* Adds a line "#0 ... (prog+0x1234)" to the draft's current stack. */
void tsan_frame(struct tsan *tsan, const char *text);

/* The load address, from a global that is printed with address and offset;
 * 0 when there is none. */
uint64_t tsan_base(const char *text, size_t size);

/* Makes a report of the draft; `end` is where its text ends in the log. */
void tsan_finish(struct tsan *tsan, const char *end);

#endif
