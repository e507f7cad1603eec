/*
 * image.h - private to report/elf: opening ELF files, and the files that hold their debug
 * information.
 */
#ifndef PLUGREPORT_IMAGE_H
#define PLUGREPORT_IMAGE_H

#include <libelf.h>
#include <stdbool.h>
#include <sys/stat.h>

#include "report/elf/elf.h"

/*
 * Open a regular file for reading.  Never waits (a name may lead to a FIFO or a device).  Returns
 * the descriptor, or -1 with errno: EISDIR for a directory, EACCES for what else is no regular file
 * (as execve says).  ret_stat may be NULL.
 */
int open_regular(const char *path, struct stat *ret_stat);

/* An opened ELF file.  All members belong to it; fd is -1 after image_detach(), and when the image
 * is an extract. */
struct image {
	Elf *elf;
	int fd;
	char *memory; /* of an extract; or NULL */
};

/* Open `identity`'s file when it still is the recorded one, else the extract of it.  False: there
 * is neither, or no ELF file. */
bool image_open(struct image *image, const struct elf_identity *identity);

/*
 * Open the separate debug file of `image`, which was opened as `path`: by build-id, else by
 * .gnu_debuglink; only files on this machine, and only one that really belongs to it.
 */
bool image_open_debug(struct image *debug, const struct image *image, const char *path);

/* Close the descriptor; what libelf and libdw have read by now stays. */
void image_detach(struct image *image);
void image_close(struct image *image);

/* Where the debug file for a build-id of `length` bytes is installed.  The caller frees it. */
char *build_id_path(const unsigned char *build_id, size_t length);

/* True when the file has the section `name` with contents. */
bool image_has_section(const struct image *image, const char *name);

#endif
