/*
 * names_heap.c - a block of the heap has no type of its own. It is guessed from
 * the line that allocated it, by the first "sizeof(struct node)" or "sizeof
 * *node" there. Where the guess fails the block has no name.
 */
#include <dwarf.h>
#include <inttypes.h>
#include <string.h>
#include <talloc.h>

#include "names_parts.h"

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

    while (names_next_unit(names, &cu, &unit)) {
        if (dwarf_child(&unit, type) != 0)
            continue;
        do {
            const char *name = dwarf_diename(type);

            if (dwarf_tag(type) == DW_TAG_structure_type && name != NULL &&
                strcmp(name, tag) == 0 && names_size_of(type) > 0)
                return true;
        } while (dwarf_siblingof(type, type) == 0);
    }
    return false;
}

/* What a pointer of that name in a function, or in a unit, points to. */
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
            names_type_of(&die, &pointer) && names_type_of(&pointer, type))
            return true;
    } while (dwarf_siblingof(&die, &die) == 0);
    return false;
}

/* `word` becomes the name of the struct, or of the pointer. */
static bool block_type(struct names *names, const struct names_block *block,
                       Dwarf_Die *type, char word[64])
{
    bool is_tag;
    Dwarf_CU *cu = NULL;
    Dwarf_Die function, unit;

    if (block->line == NULL || !sizeof_word(block->line, word, 64, &is_tag))
        return false;
    if (is_tag)
        return struct_named(names, word, type);
    if (names_function_at(names, block->pc, &function) &&
        pointee_below(&function, word, type))
        return true;
    while (names_next_unit(names, &cu, &unit))
        if (pointee_below(&unit, word, type))
            return true;
    return false;
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
            !names_type_of(&field, &array) ||
            dwarf_tag(&array) != DW_TAG_array_type ||
            names_size_of(&array) != 0 || !names_type_of(&array, &element) ||
            names_size_of(&element) == 0)
            continue;
        dwarf_formudata(
            dwarf_attr(&field, DW_AT_data_member_location, &attribute), &at);
        if (offset < at)
            return false;
        *named = names_inside(
            names, &element,
            talloc_asprintf(names, "%s.%s[%" PRIu64 "]", name, own,
                            (offset - at) / names_size_of(&element)),
            (offset - at) % names_size_of(&element));
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
    char word[64];
    Dwarf_Die type;

    if (!block_type(names, block, &type, word) || names_size_of(&type) == 0)
        return named;
    name = dwarf_diename(&type);
    if (name == NULL)
        return named;
    if (dwarf_tag(&type) == DW_TAG_base_type)
        name = talloc_strdup(names, word); /* better than "int" */
    if (block->number > 0)
        name = talloc_asprintf(names, "%s#%u", name, block->number);
    if (in_flexible(names, &type, name, offset, &named))
        return named;
    if (strchr(strstr(block->line, "sizeof"), '+') != NULL) {
        if (offset >= names_size_of(&type))
            return named;
    } else if (block->size >= 2 * names_size_of(&type))
        name = talloc_asprintf(names, "%s[%" PRIu64 "]", name,
                               offset / names_size_of(&type));
    return names_inside(names, &type, name, offset % names_size_of(&type));
}
