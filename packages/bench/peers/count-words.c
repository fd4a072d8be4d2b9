/* count-words FILE FIRST END: counts the words of the lines that begin at the bytes FIRST to END, as fast as one core can without
 * giving up exactness: the file is mapped, a word is hashed as it is read, and a table without a library has the counts.
 * Prints every word and its count. */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

struct entry {
  const char *word;
  uint32_t hash, length;
  uint64_t count;
};

static struct entry *table;
static size_t slots = 1 << 20, used;

static struct entry *find(const char *word, uint32_t length, uint32_t hash) {
  for (size_t at = (hash * 2654435769u) & (slots - 1);; at = (at + 1) & (slots - 1)) {
    struct entry *entry = &table[at];
    if (!entry->word || (entry->hash == hash && entry->length == length && !memcmp(entry->word, word, length))) return entry;
  }
}

static void grow(void) {
  struct entry *old = table;
  size_t count = slots;
  slots *= 2;
  table = calloc(slots, sizeof *table);
  for (size_t at = 0; at < count; at++)
    if (old[at].word) *find(old[at].word, old[at].length, old[at].hash) = old[at];
  free(old);
}

int main(int count, char **arguments) {
  if (count != 4) return 2;
  int file = open(arguments[1], O_RDONLY);
  struct stat status;
  if (file < 0 || fstat(file, &status)) return 1;
  const char *bytes = mmap(0, status.st_size, PROT_READ, MAP_PRIVATE, file, 0);
  if (bytes == MAP_FAILED) return 1;
  size_t size = status.st_size, at = strtoull(arguments[2], 0, 10), end = strtoull(arguments[3], 0, 10);
  while (at > 0 && at < size && bytes[at - 1] != '\n') at++;
  while (end < size && bytes[end - 1] != '\n') end++;
  if (end > size) end = size;
  table = calloc(slots, sizeof *table);
  while (at < end) {
    uint32_t hash = 2166136261u;
    size_t first = at;
    while (at < end && bytes[at] != ' ' && bytes[at] != '\n') hash = (hash ^ (uint8_t)bytes[at++]) * 16777619u;
    uint32_t length = at++ - first;
    if (!length) continue;
    struct entry *entry = find(bytes + first, length, hash);
    if (!entry->word) {
      *entry = (struct entry){bytes + first, hash, length, 0};
      if (++used > slots / 2) {
        entry->count = 1;
        grow();
        continue;
      }
    }
    entry->count++;
  }
  for (size_t slot = 0; slot < slots; slot++)
    if (table[slot].word) printf("%.*s\t%llu\n", (int)table[slot].length, table[slot].word, (unsigned long long)table[slot].count);
  return 0;
}
