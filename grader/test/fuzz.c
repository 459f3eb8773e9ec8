/*
 * fuzz.c - what strangers' programs can make the tools and the harness say,
 * read by the readers, under AddressSanitizer. The first byte says by whom:
 * r records, e expectations, t ThreadSanitizer, h Helgrind, m Memcheck, d
 * compilers. A reader never fails; it must not crash, and what it gives back
 * must be whole.
 *
 * libFuzzer brings main(): `make fuzz` runs it for SECONDS (60), `make test`
 * for a fixed number of inputs from a fixed seed.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <talloc.h>
#include <unistd.h>

#include "read.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
    if (!holds)
        abort();
}

static void look_at_reports(struct reports reports)
{
    for (size_t i = 0; i < reports.count; i++) {
        const struct report *report = &reports.items[i];

        must(report->count == 0 || report->sides != NULL);
        for (size_t k = 0; k < report->count; k++)
            must(report->sides[k].depth == 0 || report->sides[k].stack);
    }
}

static void look_at_records(struct records records)
{
    for (size_t i = 0; i < records.count; i++) {
        const struct record *record = &records.items[i];

        must(record->test != NULL && *record->test != '\0');
        must((record->kind == RECORD_VALUE) ==
             (record->key != NULL && record->value != NULL));
    }
}

static struct symbols *own_symbols(void)
{
    static struct symbols *symbols;
    const char *why;
    char path[512];
    ssize_t n;

    if (symbols == NULL) {
        n = readlink("/proc/self/exe", path, sizeof path - 1);
        path[n > 0 ? n : 0] = '\0';
        symbols = symbols_open(NULL, path, "fuzz.c", &why);
        must(symbols != NULL);
    }
    return symbols;
}

static void read_as(void *ctx, char who, const char *text, size_t size)
{
    struct expectations expected = {0};
    const char *why = NULL;

    switch (who) {
    case 'r':
        look_at_records(read_records(ctx, text, size, "secret"));
        break;
    case 'e':
        if (read_expectations(ctx, text, size, &expected, &why) != 0)
            must(why != NULL);
        break;
    case 't':
        look_at_reports(read_tsan(ctx, text, size, own_symbols()));
        break;
    case 'h':
        look_at_reports(read_helgrind(ctx, text, size, "racy.c"));
        break;
    case 'm':
        look_at_reports(read_memcheck(ctx, text, size, "racy.c"));
        break;
    default:
        read_diagnostics(ctx, text, size, "racy.c");
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    void *ctx;
    char *text;

    if (size == 0)
        return 0;
    /* The readers get text that ends with '\0', as output.c gives it. */
    ctx = talloc_new(NULL);
    text = talloc_size(ctx, size);
    memcpy(text, data + 1, size - 1);
    text[size - 1] = '\0';
    read_as(ctx, (char)data[0], text, size - 1);
    talloc_free(ctx);
    return 0;
}
