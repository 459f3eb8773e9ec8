/*
 * names.c - see names.h: the variable that covers an address, static or of a
 * function. DWARF 4 standard, sections 2.6 (locations), 3.3.5 (frame bases).
 */
#define _GNU_SOURCE
#include <dwarf.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <talloc.h>
#include <unistd.h>

#include "names_parts.h"

/* Functions are asked for again and again. */
enum { KNOWN = 64 };
struct known {
    uint64_t pc;
    bool found;
    Dwarf_Die function;
};

struct names {
    int file;
    Dwarf *dwarf;
    struct known known[KNOWN];
};

static int names_close(struct names *names)
{
    if (names->dwarf != NULL)
        dwarf_end(names->dwarf);
    if (names->file >= 0)
        close(names->file);
    return 0;
}

struct names *names_open(void *ctx, const char *executable, const char **why)
{
    struct names *names = talloc_zero(ctx, struct names);

    names->file = open(executable, O_RDONLY | O_CLOEXEC);
    talloc_set_destructor(names, names_close);
    if (names->file >= 0)
        names->dwarf = dwarf_begin(names->file, DWARF_C_READ);
    if (names->dwarf != NULL)
        return names;
    *why =
        talloc_asprintf(ctx, "%s: %s", executable,
                        names->file < 0 ? strerror(errno) : dwarf_errmsg(-1));
    talloc_free(names);
    return NULL;
}

/* ---- variables ---------------------------------------------------------- */

/* A variable whose place is one operation: an address, or off the frame. */
static bool place_of(Dwarf_Die *variable, uint8_t operation, int64_t *number)
{
    Dwarf_Attribute attribute;
    Dwarf_Op *operations;
    size_t count;

    if (dwarf_attr(variable, DW_AT_location, &attribute) == NULL ||
        dwarf_getlocation(&attribute, &operations, &count) != 0 || count != 1 ||
        operations[0].atom != operation)
        return false;
    *number = (int64_t)operations[0].number;
    return true;
}

/* Does it cover the address, when it begins at `begin`? */
static bool covers(struct names *names, Dwarf_Die *variable, uint64_t begin,
                   uint64_t address, struct named *named)
{
    const char *name = dwarf_diename(variable);
    Dwarf_Die type;

    if (name == NULL || !names_type_of(variable, &type) || address < begin ||
        address - begin >= names_size_of(&type))
        return false;
    *named = names_inside(names, &type, name, address - begin);
    return true;
}

/* Static variables stand in the unit, or in a function and its blocks. */
static bool static_below(struct names *names, Dwarf_Die *parent,
                         uint64_t address, struct named *named)
{
    Dwarf_Die die;
    int64_t begin;

    if (dwarf_child(parent, &die) != 0)
        return false;
    do {
        int tag = dwarf_tag(&die);

        if (tag == DW_TAG_variable && place_of(&die, DW_OP_addr, &begin) &&
            covers(names, &die, (uint64_t)begin, address, named))
            return true;
        if ((tag == DW_TAG_subprogram || tag == DW_TAG_lexical_block) &&
            static_below(names, &die, address, named))
            return true;
    } while (dwarf_siblingof(&die, &die) == 0);
    return false;
}

bool names_next_unit(struct names *names, Dwarf_CU **cu, Dwarf_Die *unit)
{
    return dwarf_get_units(names->dwarf, *cu, cu, NULL, NULL, unit, NULL) == 0;
}

struct named names_static(struct names *names, uint64_t address)
{
    struct named named = {NULL, NAMES_UNKNOWN, 0};
    Dwarf_CU *cu = NULL;
    Dwarf_Die unit;

    while (names_next_unit(names, &cu, &unit))
        if (static_below(names, &unit, address, &named))
            return named;
    return named;
}

static bool local_below(struct names *names, Dwarf_Die *parent, uint64_t base,
                        uint64_t address, struct named *named)
{
    Dwarf_Die die;
    int64_t offset;

    if (dwarf_child(parent, &die) != 0)
        return false;
    do {
        int tag = dwarf_tag(&die);

        if ((tag == DW_TAG_variable || tag == DW_TAG_formal_parameter) &&
            place_of(&die, DW_OP_fbreg, &offset) &&
            covers(names, &die, base + (uint64_t)offset, address, named))
            return true;
        if (tag == DW_TAG_lexical_block &&
            local_below(names, &die, base, address, named))
            return true;
    } while (dwarf_siblingof(&die, &die) == 0);
    return false;
}

bool names_unit_at(struct names *names, uint64_t pc, Dwarf_Die *unit)
{
    Dwarf_CU *cu = NULL;

    while (names_next_unit(names, &cu, unit))
        if (dwarf_haspc(unit, pc) > 0)
            return true;
    return false;
}

static bool find_function(struct names *names, uint64_t pc, Dwarf_Die *function)
{
    Dwarf_Die unit;

    if (!names_unit_at(names, pc, &unit) || dwarf_child(&unit, function) != 0)
        return false;
    do {
        if (dwarf_tag(function) == DW_TAG_subprogram &&
            dwarf_haspc(function, pc) > 0)
            return true;
    } while (dwarf_siblingof(function, function) == 0);
    return false;
}

bool names_function_at(struct names *names, uint64_t pc, Dwarf_Die *function)
{
    struct known *known = &names->known[pc % KNOWN];

    if (known->pc != pc) {
        known->pc = pc;
        known->found = find_function(names, pc, &known->function);
    }
    *function = known->function;
    return known->found;
}

struct named names_local(struct names *names, const struct names_frame *frame,
                         uint64_t address)
{
    struct named named = {NULL, NAMES_UNKNOWN, 0};
    Dwarf_Die function;

    if (names_function_at(names, frame->function, &function))
        local_below(names, &function, frame->base, address, &named);
    return named;
}
