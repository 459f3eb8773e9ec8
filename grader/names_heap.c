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

/* What stands behind the first sizeof of a line. */
struct word {
    enum { VARIABLE, TAG, FIELD } kind; /* VARIABLE: or a typedef's name */
    char text[64];
};

static size_t take_word(const char *at, char *word, size_t size)
{
    size_t n = 0;

    while (n + 1 < size && (at[n] == '_' || (at[n] >= '0' && at[n] <= '9') ||
                            ((at[n] | 32) >= 'a' && (at[n] | 32) <= 'z'))) {
        word[n] = at[n];
        n++;
    }
    word[n] = '\0';
    return n;
}

/* "sizeof(struct node)", "sizeof *node", "sizeof(node_t)", "sizeof
 * list->nodes[0]": the last name, and what it is the name of. */
static bool sizeof_word(const char *line, struct word *word)
{
    const char *at = strstr(line, "sizeof");
    size_t n;

    if (at == NULL)
        return false;
    at += strlen("sizeof");
    at += strspn(at, " (*");
    word->kind = VARIABLE;
    if (strncmp(at, "struct ", 7) == 0) {
        word->kind = TAG;
        at += 7 + strspn(at + 7, " ");
    }
    for (;;) {
        n = take_word(at, word->text, sizeof word->text);
        if (at[n] == '.')
            at += n + 1;
        else if (strncmp(at + n, "->", 2) == 0)
            at += n + 2;
        else
            return n > 0;
        word->kind = FIELD;
    }
}

/* `struct name`, or with DW_TAG_typedef the type that has this name. */
static bool type_named(struct names *names, int tag, const char *wanted,
                       Dwarf_Die *type)
{
    Dwarf_CU *cu = NULL;
    Dwarf_Die unit, die;

    while (names_next_unit(names, &cu, &unit)) {
        if (dwarf_child(&unit, &die) != 0)
            continue;
        do {
            const char *name = dwarf_diename(&die);

            if (dwarf_tag(&die) != tag || name == NULL ||
                strcmp(name, wanted) != 0)
                continue;
            *type = die;
            if ((tag != DW_TAG_typedef || names_type_of(&die, type)) &&
                names_size_of(type) > 0)
                return true;
        } while (dwarf_siblingof(&die, &die) == 0);
    }
    return false;
}

/* What the pointer of that name in a struct points to. */
static bool pointee_in(Dwarf_Die *structure, const char *field, Dwarf_Die *type)
{
    Dwarf_Die die, pointer;

    if (dwarf_tag(structure) != DW_TAG_structure_type ||
        dwarf_child(structure, &die) != 0)
        return false;
    do {
        const char *name = dwarf_diename(&die);

        if (name != NULL && strcmp(name, field) == 0)
            return names_type_of(&die, &pointer) &&
                   dwarf_tag(&pointer) == DW_TAG_pointer_type &&
                   names_type_of(&pointer, type);
    } while (dwarf_siblingof(&die, &die) == 0);
    return false;
}

/* Of whichever struct of the unit; not when two have such a field, of
 * different types. */
static bool field_named(Dwarf_Die *unit, const char *field, Dwarf_Die *type)
{
    Dwarf_Die die, other;
    bool found = false;

    if (dwarf_child(unit, &die) != 0)
        return false;
    do {
        if (!pointee_in(&die, field, &other))
            continue;
        if (found && dwarf_dieoffset(&other) != dwarf_dieoffset(type))
            return false;
        *type = other;
        found = true;
    } while (dwarf_siblingof(&die, &die) == 0);
    return found;
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

static bool block_type(struct names *names, const struct names_block *block,
                       Dwarf_Die *type, struct word *word)
{
    Dwarf_Die function, unit;

    if (block->line == NULL || !sizeof_word(block->line, word))
        return false;
    if (word->kind == TAG)
        return type_named(names, DW_TAG_structure_type, word->text, type);
    if (!names_unit_at(names, block->pc, &unit))
        return false;
    if (word->kind == FIELD)
        return field_named(&unit, word->text, type);
    if (names_function_at(names, block->pc, &function) &&
        pointee_below(&function, word->text, type))
        return true;
    return pointee_below(&unit, word->text, type) ||
           type_named(names, DW_TAG_typedef, word->text, type);
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
    struct word word;
    Dwarf_Die type;

    if (!block_type(names, block, &type, &word) || names_size_of(&type) == 0)
        return named;
    name = dwarf_diename(&type);
    /* "numbers" is better than "int"; and a struct may have no name */
    if (name == NULL || dwarf_tag(&type) == DW_TAG_base_type)
        name = talloc_strdup(names, word.text);
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
