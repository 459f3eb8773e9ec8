/*
 * edge.c - marks where data and code begin and end. It is compiled with
 * EDGE=begin and EDGE=end, and linked before and after the program's objects;
 * with EDGE=tests, between an exercise's tests and the student's; and with
 * EDGE=own, for the end of the explorer's, which follow. Each mark fills a
 * cache line: or the first of the program's would lie partly before it, and
 * cost nothing in virtual time (lines.c).
 */
#define NAME_(section, edge) explorer_##section##_##edge
#define NAME(section, edge)  NAME_(section, edge)

_Alignas(64) char NAME(data, EDGE)[64] = {1};
_Alignas(64) char NAME(bss, EDGE)[64];

void NAME(text, EDGE)(void);
void NAME(text, EDGE)(void)
{
}
