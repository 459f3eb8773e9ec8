/*
 * read_tsan_frames.c - addresses in ThreadSanitizer's text, which is not
 * symbolised.
 *
 * The address of a mutex is printed as it was in memory. To find its name the
 * load address is needed: it is the difference between the address of a
 * global variable and its offset in the program, where both are printed, or
 * what a line "interleave: base 0x..." says.
 */
#define _GNU_SOURCE
#include "read_tsan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <talloc.h>

bool tsan_offset(const char *text, uint64_t *offset)
{
    const char *plus = strstr(text, "+0x");
    const char *module = plus;

    if (plus == NULL)
        return false;
    while (module > text && module[-1] != '(' && module[-1] != ' ')
        module--;
    if (module == plus || module[0] == '[' ||
        memmem(module, (size_t)(plus - module), ".so", 3) != NULL)
        return false;
    *offset = strtoull(plus + 1, NULL, 16);
    return true;
}

void tsan_frame(struct tsan *tsan, const char *text)
{
    struct place place;
    uint64_t offset;

    if (tsan->symbols == NULL || tsan->draft.sink == &tsan->draft.spill ||
        !tsan_offset(text, &offset))
        return;
    place = symbols_code(tsan->symbols, offset);
    stack_add(tsan->ctx, tsan->draft.sink, &place, place.line > 0);
}

uint64_t tsan_base(const char *text, size_t size)
{
    struct cursor cursor = {text, text + size};
    struct line line;
    unsigned long long address = 0;

    while (read_line(&cursor, &line)) {
        char copy[256];
        const char *at;
        uint64_t offset;

        if (line.size >= sizeof copy)
            continue;
        memcpy(copy, line.text, line.size);
        copy[line.size] = '\0';
        if (strstr(copy, "rite of size ") || strstr(copy, "ead of size ")) {
            at = strstr(copy, " at 0x");
            address = at ? strtoull(at + 4, NULL, 16) : 0;
        } else if (address != 0 && strstr(copy, "Location is global ") &&
                   tsan_offset(copy, &offset) && offset <= address) {
            return (address - offset + 0x800) & ~0xfffull;
        }
    }
    return 0;
}
