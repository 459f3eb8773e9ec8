/*
 * test_index.c - handouts/index.md leads from each idea to its page, and of an
 * exercise that it knows no idea is missing. (To add an exercise edits no file
 * that exists, so one that it does not know at all is passed over. That its
 * links lead somewhere is seen in test_handouts.c, as for every page.)
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <criterion/criterion.h>

#include <ctype.h>
#include <glob.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

enum { ROWS = 400, CELL = 512 };

/* A row of one of the tables. */
struct entry {
    int line;
    char idea[CELL], pages[CELL], exercises[CELL];
};

static struct entry entries[ROWS];
static size_t count;

static void trim(char *text)
{
    size_t size = strlen(text), from = strspn(text, " \t");

    while (size > from && isspace((unsigned char)text[size - 1]))
        size--;
    memmove(text, text + from, size - from);
    text[size - from] = '\0';
}

/* "| idea | pages | exercises |"; heads of tables and their rules are none. */
static bool read_row(const char *line, struct entry *entry)
{
    if (sscanf(line, "| %511[^|]| %511[^|]| %511[^|]|", entry->idea,
               entry->pages, entry->exercises) != 3)
        return false;
    trim(entry->idea);
    trim(entry->pages);
    trim(entry->exercises);
    return strcmp(entry->pages, "page") != 0 &&
           strncmp(entry->pages, "---", 3) != 0;
}

static void read_index(void)
{
    char line[2048];
    int number = 0;
    FILE *file;

    while (access("handouts", F_OK) != 0 || access("harness", F_OK) != 0) {
        char here[CELL];

        cr_assert(getcwd(here, sizeof here) != NULL && strcmp(here, "/") != 0,
                  "run this test from inside the kit");
        cr_assert(chdir("..") == 0);
    }
    file = fopen("handouts/index.md", "r");
    cr_assert(file != NULL, "there is no handouts/index.md");
    while (fgets(line, sizeof line, file) != NULL) {
        number++;
        if (count < ROWS && read_row(line, &entries[count]))
            entries[count++].line = number;
    }
    fclose(file);
    cr_assert(count > 0 && count < ROWS);
}

/* ---- each row ------------------------------------------------------------ */

static bool exercise_exists(const char *number)
{
    char pattern[64];
    glob_t found;
    bool exists;

    snprintf(pattern, sizeof pattern, "exercises/%.2s-*", number);
    exists = glob(pattern, 0, NULL, &found) == 0;
    globfree(&found);
    return exists;
}

Test(index, every_idea_has_its_page)
{
    read_index();
    for (size_t i = 0; i < count; i++) {
        const struct entry *entry = &entries[i];
        char numbers[CELL], *at, *word;

        cr_expect(strstr(entry->pages, "](") != NULL &&
                      strstr(entry->pages, ".md") != NULL,
                  "handouts/index.md:%d: \"%s\" has no page", entry->line,
                  entry->idea);
        for (size_t k = 0; k < i; k++)
            cr_expect(strcasecmp(entries[k].idea, entry->idea) != 0,
                      "handouts/index.md:%d: \"%s\" stands in line %d, too",
                      entry->line, entry->idea, entries[k].line);
        if (strcmp(entry->exercises, "–") == 0)
            continue;
        strcpy(numbers, entry->exercises);
        for (word = strtok_r(numbers, " ", &at); word != NULL;
             word = strtok_r(NULL, " ", &at))
            cr_expect(strlen(word) == 2 && exercise_exists(word),
                      "handouts/index.md:%d: there is no exercise %s",
                      entry->line, word);
    }
}

/* ---- each exercise ------------------------------------------------------- */

static void look_for(const char *conf, const char *idea)
{
    char number[3] = {conf[strlen("exercises/")],
                      conf[strlen("exercises/") + 1], '\0'};

    for (size_t i = 0; i < count; i++) {
        if (strcasecmp(entries[i].idea, idea) != 0)
            continue;
        cr_expect(strstr(entries[i].exercises, number) != NULL,
                  "handouts/index.md:%d: \"%s\" is an idea of %s, too",
                  entries[i].line, idea, conf);
        return;
    }
    cr_expect(false, "%s: handouts/index.md has no row for \"%s\"", conf, idea);
}

/* true when some row names the exercise */
static bool is_known(const char *conf)
{
    char number[3] = {conf[strlen("exercises/")],
                      conf[strlen("exercises/") + 1], '\0'};

    for (size_t i = 0; i < count; i++)
        if (strstr(entries[i].exercises, number) != NULL)
            return true;
    return false;
}

static void look_at_ideas(const char *conf)
{
    FILE *file = fopen(conf, "r");
    char line[2048], *at;

    cr_assert(file != NULL, "cannot read %s", conf);
    if (!is_known(conf)) {
        fclose(file);
        return;
    }
    while (fgets(line, sizeof line, file) != NULL) {
        if (strncmp(line, "ideas", 5) != 0 || strchr(line, '=') == NULL)
            continue;
        for (char *idea = strtok_r(strchr(line, '=') + 1, ";\n", &at);
             idea != NULL; idea = strtok_r(NULL, ";\n", &at)) {
            trim(idea);
            look_for(conf, idea);
        }
    }
    fclose(file);
}

Test(index, every_idea_of_an_exercise)
{
    glob_t found;

    read_index();
    cr_assert(glob("exercises/[0-9][0-9]-*/exercise.conf", 0, NULL, &found) ==
                  0,
              "there are no exercises");
    for (size_t i = 0; i < found.gl_pathc; i++)
        look_at_ideas(found.gl_pathv[i]);
    globfree(&found);
}
