/*
 * names.c - see names.h. DWARF 4 standard, sections 2.6 (locations), 3.3.5
 * (frame bases), 5 (types).
 */
#define _GNU_SOURCE
#include "names.h"

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <talloc.h>
#include <unistd.h>

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

/* ---- types -------------------------------------------------------------- */

/* The type of a variable, a field, ..., past typedef, const, _Atomic. */
static bool type_of(Dwarf_Die *die, Dwarf_Die *type)
{
    Dwarf_Attribute attribute;

    if (dwarf_attr_integrate(die, DW_AT_type, &attribute) == NULL ||
        dwarf_formref_die(&attribute, type) == NULL)
        return false;
    return dwarf_peel_type(type, type) == 0;
}

static uint64_t size_of(Dwarf_Die *type)
{
    Dwarf_Word size;

    return dwarf_aggregate_size(type, &size) == 0 ? size : 0;
}

static enum names_type kind_of(Dwarf_Die *type)
{
    Dwarf_Attribute attribute;
    Dwarf_Word encoding;

    switch (dwarf_tag(type)) {
    case DW_TAG_pointer_type:
        return NAMES_POINTER;
    case DW_TAG_enumeration_type:
        return NAMES_SIGNED;
    case DW_TAG_base_type:
        break;
    default:
        return NAMES_UNKNOWN;
    }
    if (dwarf_formudata(dwarf_attr(type, DW_AT_encoding, &attribute),
                        &encoding) != 0)
        return NAMES_UNKNOWN;
    switch (encoding) {
    case DW_ATE_boolean:
        return NAMES_BOOL;
    case DW_ATE_signed_char:
        return NAMES_CHAR;
    case DW_ATE_signed:
        return NAMES_SIGNED;
    case DW_ATE_float:
        return NAMES_FLOAT;
    default:
        return NAMES_UNSIGNED;
    }
}

static struct named inside(struct names *names, Dwarf_Die *type,
                           const char *name, uint64_t offset);

/* The field that covers the offset; of a union the first. */
static struct named in_struct(struct names *names, Dwarf_Die *type,
                              const char *name, uint64_t offset)
{
    struct named named = {name, NAMES_UNKNOWN, 0};
    Dwarf_Die field, field_type;

    if (dwarf_child(type, &field) != 0)
        return named;
    do {
        Dwarf_Attribute attribute;
        Dwarf_Word at = 0;
        const char *own = dwarf_diename(&field);

        if (dwarf_tag(&field) != DW_TAG_member || !type_of(&field, &field_type))
            continue;
        if (dwarf_attr(&field, DW_AT_data_member_location, &attribute) != NULL)
            dwarf_formudata(&attribute, &at);
        if (offset < at || offset - at >= size_of(&field_type))
            continue;
        return inside(names, &field_type,
                      own == NULL ? name
                                  : talloc_asprintf(names, "%s.%s", name, own),
                      offset - at);
    } while (dwarf_siblingof(&field, &field) == 0);
    return named;
}

static struct named in_array(struct names *names, Dwarf_Die *type,
                             const char *name, uint64_t offset)
{
    struct named named = {name, NAMES_UNKNOWN, 0};
    Dwarf_Die element;
    uint64_t size;

    if (!type_of(type, &element) || (size = size_of(&element)) == 0)
        return named;
    return inside(
        names, &element,
        talloc_asprintf(names, "%s[%" PRIu64 "]", name, offset / size),
        offset % size);
}

/* The C library's own types are named as a whole. */
static bool is_opaque(Dwarf_Die *type)
{
    const char *name = dwarf_diename(type);

    if (name != NULL && strncmp(name, "__pthread", 9) == 0)
        return true;
    return dwarf_tag(type) == DW_TAG_union_type && name == NULL &&
           size_of(type) >= 32 && dwarf_decl_file(type) != NULL &&
           strstr(dwarf_decl_file(type), "pthreadtypes") != NULL;
}

static struct named inside(struct names *names, Dwarf_Die *type,
                           const char *name, uint64_t offset)
{
    struct named named = {name, kind_of(type), size_of(type)};

    switch (dwarf_tag(type)) {
    case DW_TAG_structure_type:
    case DW_TAG_union_type:
        return is_opaque(type) ? named : in_struct(names, type, name, offset);
    case DW_TAG_array_type:
        return in_array(names, type, name, offset);
    default:
        return named;
    }
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

    if (name == NULL || !type_of(variable, &type) || address < begin ||
        address - begin >= size_of(&type))
        return false;
    *named = inside(names, &type, name, address - begin);
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

static bool next_unit(struct names *names, Dwarf_CU **cu, Dwarf_Die *unit)
{
    return dwarf_get_units(names->dwarf, *cu, cu, NULL, NULL, unit, NULL) == 0;
}

struct named names_static(struct names *names, uint64_t address)
{
    struct named named = {NULL, NAMES_UNKNOWN, 0};
    Dwarf_CU *cu = NULL;
    Dwarf_Die unit;

    while (next_unit(names, &cu, &unit))
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

static bool unit_at(struct names *names, uint64_t pc, Dwarf_Die *unit)
{
    Dwarf_CU *cu = NULL;

    while (next_unit(names, &cu, unit))
        if (dwarf_haspc(unit, pc) > 0)
            return true;
    return false;
}

static bool find_function(struct names *names, uint64_t pc, Dwarf_Die *function)
{
    Dwarf_Die unit;

    if (!unit_at(names, pc, &unit) || dwarf_child(&unit, function) != 0)
        return false;
    do {
        if (dwarf_tag(function) == DW_TAG_subprogram &&
            dwarf_haspc(function, pc) > 0)
            return true;
    } while (dwarf_siblingof(function, function) == 0);
    return false;
}

static bool function_at(struct names *names, uint64_t pc, Dwarf_Die *function)
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

    if (function_at(names, frame->function, &function))
        local_below(names, &function, frame->base, address, &named);
    return named;
}

/* ---- blocks of the heap: what was allocated is guessed from the line ---- */

/* "sizeof(struct node)" or "sizeof *node": the word, and which of the two. */
static bool sizeof_word(const char *line, char *word, size_t size, bool *is_tag)
{
    const char *at = strstr(line, "sizeof");
    size_t n = 0;

    if (at == NULL)
        return false;
    at += strlen("sizeof");
    at += strspn(at, " (*");
    *is_tag = strncmp(at, "struct ", 7) == 0;
    if (*is_tag)
        at += 7 + strspn(at + 7, " ");
    while (n + 1 < size && (at[n] == '_' || (at[n] >= '0' && at[n] <= '9') ||
                            ((at[n] | 32) >= 'a' && (at[n] | 32) <= 'z'))) {
        word[n] = at[n];
        n++;
    }
    word[n] = '\0';
    /* "sizeof *pool->items" is no variable's */
    return n > 0 && at[n] != '-' && at[n] != '.' && at[n] != '[';
}

static bool struct_named(struct names *names, const char *tag, Dwarf_Die *type)
{
    Dwarf_CU *cu = NULL;
    Dwarf_Die unit;

    while (next_unit(names, &cu, &unit)) {
        if (dwarf_child(&unit, type) != 0)
            continue;
        do {
            const char *name = dwarf_diename(type);

            if (dwarf_tag(type) == DW_TAG_structure_type && name != NULL &&
                strcmp(name, tag) == 0 && size_of(type) > 0)
                return true;
        } while (dwarf_siblingof(type, type) == 0);
    }
    return false;
}

/* What a pointer of that name in a function points to. */
static bool pointee_below(Dwarf_Die *parent, const char *wanted,
                          Dwarf_Die *type)
{
    Dwarf_Die die, pointer;

    if (dwarf_child(parent, &die) != 0)
        return false;
    do {
        const char *name = dwarf_diename(&die);
        int tag = dwarf_tag(&die);

        if (tag == DW_TAG_lexical_block && pointee_below(&die, wanted, type))
            return true;
        if ((tag == DW_TAG_variable || tag == DW_TAG_formal_parameter) &&
            name != NULL && strcmp(name, wanted) == 0 &&
            type_of(&die, &pointer) && type_of(&pointer, type))
            return true;
    } while (dwarf_siblingof(&die, &die) == 0);
    return false;
}

static bool block_type(struct names *names, const struct names_block *block,
                       Dwarf_Die *type)
{
    char word[64];
    bool is_tag;
    Dwarf_Die function;

    if (block->line == NULL ||
        !sizeof_word(block->line, word, sizeof word, &is_tag))
        return false;
    if (is_tag)
        return struct_named(names, word, type);
    return function_at(names, block->pc, &function) &&
           pointee_below(&function, word, type);
}

/* "malloc(sizeof *table + n * sizeof ...)": what follows the struct belongs to
 * its last field, an array without a size. */
static bool in_flexible(struct names *names, Dwarf_Die *type, const char *name,
                        uint64_t offset, struct named *named)
{
    Dwarf_Die field, array, element;

    if (dwarf_child(type, &field) != 0)
        return false;
    do {
        Dwarf_Attribute attribute;
        Dwarf_Word at = 0;
        const char *own = dwarf_diename(&field);

        if (dwarf_tag(&field) != DW_TAG_member || own == NULL ||
            !type_of(&field, &array) ||
            dwarf_tag(&array) != DW_TAG_array_type || size_of(&array) != 0 ||
            !type_of(&array, &element) || size_of(&element) == 0)
            continue;
        dwarf_formudata(
            dwarf_attr(&field, DW_AT_data_member_location, &attribute), &at);
        if (offset < at)
            return false;
        *named = inside(names, &element,
                        talloc_asprintf(names, "%s.%s[%" PRIu64 "]", name, own,
                                        (offset - at) / size_of(&element)),
                        (offset - at) % size_of(&element));
        return true;
    } while (dwarf_siblingof(&field, &field) == 0);
    return false;
}

struct named names_heap(struct names *names, const struct names_block *block,
                        uint64_t address)
{
    struct named named = {NULL, NAMES_UNKNOWN, 0};
    uint64_t offset = address - block->address;
    const char *name;
    Dwarf_Die type;

    if (!block_type(names, block, &type) || size_of(&type) == 0)
        return named;
    name = dwarf_diename(&type);
    if (name == NULL)
        return named;
    if (block->number > 0)
        name = talloc_asprintf(names, "%s#%u", name, block->number);
    if (in_flexible(names, &type, name, offset, &named))
        return named;
    if (strchr(strstr(block->line, "sizeof"), '+') != NULL) {
        if (offset >= size_of(&type))
            return named;
    } else if (block->size >= 2 * size_of(&type))
        name = talloc_asprintf(names, "%s[%" PRIu64 "]", name,
                               offset / size_of(&type));
    return inside(names, &type, name, offset % size_of(&type));
}

/* ---- values ------------------------------------------------------------- */

static int64_t extend(uint64_t value, size_t size)
{
    unsigned shift = size < 8 ? 64 - 8 * (unsigned)size : 0;

    return (int64_t)(value << shift) >> shift;
}

const char *names_value(void *ctx, const struct named *named, uint64_t value,
                        size_t size)
{
    double number;
    float small;

    switch (named->type) {
    case NAMES_BOOL:
        return value ? "true" : "false";
    case NAMES_POINTER:
        return value == 0 ? "NULL" : talloc_asprintf(ctx, "%#" PRIx64, value);
    case NAMES_CHAR:
        if (value >= ' ' && value < 127)
            return talloc_asprintf(ctx, "'%c'", (int)value);
        return talloc_asprintf(ctx, "%" PRId64, extend(value, size));
    case NAMES_FLOAT:
        memcpy(&number, &value, sizeof number);
        memcpy(&small, &value, sizeof small);
        return talloc_asprintf(ctx, "%g", size == 4 ? (double)small : number);
    case NAMES_UNSIGNED:
        return talloc_asprintf(ctx, "%" PRIu64, value);
    default:
        return talloc_asprintf(ctx, "%" PRId64, extend(value, size));
    }
}
