/*
 * names_types.c - the part of a variable that lies at an offset, by its type:
 * from the whole inwards, a field of a struct, an element of an array, down to
 * something that has a value; and how a value of such a type is written. DWARF
 * 4 standard, section 5 (types).
 */
#include <dwarf.h>
#include <inttypes.h>
#include <string.h>
#include <talloc.h>

#include "names_parts.h"

bool names_type_of(Dwarf_Die *die, Dwarf_Die *type)
{
    Dwarf_Attribute attribute;

    if (dwarf_attr_integrate(die, DW_AT_type, &attribute) == NULL ||
        dwarf_formref_die(&attribute, type) == NULL)
        return false;
    return dwarf_peel_type(type, type) == 0;
}

uint64_t names_size_of(Dwarf_Die *type)
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

        if (dwarf_tag(&field) != DW_TAG_member ||
            !names_type_of(&field, &field_type))
            continue;
        if (dwarf_attr(&field, DW_AT_data_member_location, &attribute) != NULL)
            dwarf_formudata(&attribute, &at);
        if (offset < at || offset - at >= names_size_of(&field_type))
            continue;
        return names_inside(
            names, &field_type,
            own == NULL ? name : talloc_asprintf(names, "%s.%s", name, own),
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

    if (!names_type_of(type, &element) || (size = names_size_of(&element)) == 0)
        return named;
    return names_inside(
        names, &element,
        talloc_asprintf(names, "%s[%" PRIu64 "]", name, offset / size),
        offset % size);
}

/* The C library's own types are named as a whole. */
static bool is_opaque(Dwarf_Die *type)
{
    const char *name = dwarf_diename(type), *file = dwarf_decl_file(type);

    if (name != NULL && strncmp(name, "__pthread", 9) == 0)
        return true;
    return dwarf_tag(type) == DW_TAG_union_type && name == NULL &&
           file != NULL &&
           (strstr(file, "pthreadtypes") != NULL ||
            strstr(file, "bits/semaphore") != NULL);
}

struct named names_inside(struct names *names, Dwarf_Die *type,
                          const char *name, uint64_t offset)
{
    struct named named = {name, kind_of(type), names_size_of(type)};

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

/* ---- values ------------------------------------------------------------- */

static int64_t extend(uint64_t value, size_t size)
{
    unsigned shift = size < 8 ? 64 - 8 * (unsigned)size : 0;

    return (int64_t)(value << shift) >> shift;
}

/* A pointer to a function by its name. */
static const char *pointer_value(struct names *names, uint64_t value)
{
    Dwarf_Die function;

    if (value == 0)
        return "NULL";
    if (names_function_at(names, value, &function) &&
        dwarf_diename(&function) != NULL)
        return dwarf_diename(&function);
    return talloc_asprintf(names, "%#" PRIx64, value);
}

const char *names_value(struct names *names, const struct named *named,
                        uint64_t value, size_t size)
{
    double number;
    float small;

    switch (named->type) {
    case NAMES_BOOL:
        return value ? "true" : "false";
    case NAMES_POINTER:
        return pointer_value(names, value);
    case NAMES_CHAR:
        if (value >= ' ' && value < 127)
            return talloc_asprintf(names, "'%c'", (int)value);
        return talloc_asprintf(names, "%" PRId64, extend(value, size));
    case NAMES_FLOAT:
        memcpy(&number, &value, sizeof number);
        memcpy(&small, &value, sizeof small);
        return talloc_asprintf(names, "%g", size == 4 ? (double)small : number);
    case NAMES_UNSIGNED:
        return talloc_asprintf(names, "%" PRIu64, value);
    default:
        return talloc_asprintf(names, "%" PRId64, extend(value, size));
    }
}
