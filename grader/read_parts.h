/*
 * read_parts.h - what the readers have in common: lines, clean text, reports
 * that grow, and the words in which a student is told what a thread did.
 */
#ifndef READ_PARTS_H
#define READ_PARTS_H

#include "evidence.h"

/* No text is longer and no stack deeper, whatever a program wrote. */
enum { READ_TEXT_MAX = 1000, READ_RAW_MAX = 16000, READ_DEPTH_MAX = 64 };

/* Lines of a text that may hold any byte; `text` is not NUL-terminated. */
struct cursor {
    const char *at, *end;
};
struct line {
    const char *text;
    size_t size;
    bool whole; /* ended with a newline */
};
bool read_line(struct cursor *cursor, struct line *line);

/* Where `word` first stands in the line, or NULL. */
const char *line_find(const struct line *line, const char *word);

/*
 * Copies at most `max` bytes as valid UTF-8: what is no UTF-8, and control
 * characters but newline and tab, become U+FFFD, so that JSON, XML and
 * terminals can carry the copy.
 */
char *clean_text(void *ctx, const char *data, size_t size, size_t max);

/* true when a path leads through the kit's folders, or is a tests' file */
bool kit_path(const char *path);

/* true when it leads through the harness: what stands between a test, or the
 * student's file, and the C library */
bool harness_path(const char *path);
/* true for functions of the harness, wherever their file lies */
bool kit_function(const char *function);
/*
 * The name that people give to a variable. One inside of a function is
 * "calls.0" to gcc and "tick.calls" to clang; they call it "calls".
 */
const char *variable_plain(void *ctx, const char *symbol);

/* The part of a path after the last slash. */
const char *path_base(const char *path);

/*
 * A stack while it is read. Kept are the frames whose line is known; those of
 * libraries and of the detector are left out, but `call` holds the name of
 * the one that the student's or a test's code called, as soon as `settled`:
 * when a frame was seen that is neither foreign nor one of the harness' il_
 * wrappers.
 */
struct stack {
    struct place *places; /* talloc array, innermost first */
    size_t depth;
    const char *call;
    bool settled;
};

/* `ours`: the place lies in the program itself, and its line is known. Its
 * strings are copied, made clean. */
void stack_add(void *ctx, struct stack *stack, const struct place *place,
               bool ours);
/* What was called, or NULL when the program's own code is on top. */
const char *stack_call(const struct stack *stack);

/* The next report, of that lens, zeroed but for an empty title. */
struct report *reports_add(void *ctx, struct reports *reports, enum lens lens);
struct side *sides_add(void *ctx, struct report *report);
void side_stack(struct side *side, const struct stack *stack);

/* "main thread", "T2" */
const char *thread_label(void *ctx, unsigned long number, unsigned long main);

/* "suite/name" if the function is a test's body, else NULL */
const char *test_of_function(void *ctx, const char *function);
/* The same for the first such frame of a stack. */
const char *test_of_stack(void *ctx, const struct stack *stack);

/* "bank.c:23" of the innermost student frame, else of a test's, else NULL */
const char *stack_where(void *ctx, const struct stack *stack);

/*
 * The name of a call without what linkers and wrappers add to it:
 * "il_pthread_mutex_lock", "__interceptor_free", "memcpy@@GLIBC_2.14".
 */
const char *call_plain(void *ctx, const char *function);

/*
 * What a thread does by an access, in words of the subject: "writes 8 bytes";
 * "destroys the lock" when it was made inside of pthread_mutex_destroy().
 * `call` is the call_plain() of what the student's code called, or NULL.
 */
const char *access_words(void *ctx, bool write, bool atomic, unsigned long size,
                         const char *call);

/*
 * What kind of bug an access inside of this call makes of a race: destroying
 * a lock that others still use is more than a race on its bytes.
 */
enum bug race_kind(const char *call, enum bug otherwise);

#endif
