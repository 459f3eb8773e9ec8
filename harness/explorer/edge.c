/*
 * edge.c - marks where the program's data begins and ends: compiled twice,
 * with EDGE=begin and EDGE=end, and linked before and after its objects.
 */
#define NAME_(section, edge) explorer_##section##_##edge
#define NAME(section, edge)  NAME_(section, edge)

_Alignas(16) char NAME(data, EDGE)[16] = {1};
_Alignas(16) char NAME(bss, EDGE)[16];
