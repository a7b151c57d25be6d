// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "elf_file.h"

#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

/* The most that libelf may read into memory at once: Chromium's tables of names are half of it. */
#define MAX_TABLE_BYTES (128 * 1024 * 1024)
#define MAX_NOTE_BYTES	(64 * 1024)
#define MAX_SEGMENTS	1024
/* Notes may be in several sections or segments; libelf keeps what it has read of each. */
#define MAX_NOTES	  8
#define MAX_CODE_SEGMENTS 16

/*
 * File systems that keep files, by statfs(2)'s magic number.  Others, above all the kernel's own, are not opened:
 * reading there may take something away (/proc/kmsg), block, or have other side effects.
 */
static const uint32_t keepers[] = {
	0xef53,	    /* ext2, ext3, ext4 */
	0x58465342, /* xfs */
	0x9123683e, /* btrfs */
	0xf2f52010, /* f2fs */
	0xca451a4e, /* bcachefs */
	0x2fc12fc1, /* zfs */
	0x3153464a, /* jfs */
	0x52654973, /* reiserfs */
	0x01021994, /* tmpfs */
	0x858458f6, /* ramfs, an initramfs */
	0x794c7630, /* overlayfs */
	0x61756673, /* aufs */
	0x73717368, /* squashfs */
	0xe0f5e1e2, /* erofs */
	0x28cd3d45, /* cramfs */
	0x9660,	    /* iso9660 */
	0x15013346, /* udf */
	0x4d44,	    /* vfat */
	0x2011bab0, /* exfat */
	0x5346544e, /* ntfs */
	0x7366746e, /* ntfs3 */
	0xf15f,	    /* ecryptfs */
	0x65735546, /* fuse, virtiofs */
	0x6969,	    /* nfs */
	0xff534d42, /* cifs */
	0xfe534d42, /* smb2 */
	0x01021997, /* 9p */
	0x00c36400, /* ceph */
	0x5346414f, /* afs */
	0x0bd00bd0, /* lustre */
	0x01161970, /* gfs2 */
	0x7461636f, /* ocfs2 */
	0x958458f6, /* hugetlbfs */
	0x24051905, /* ubifs */
	0x72b6,	    /* jffs2 */
};

static bool keeps_files(int fd)
{
	struct statfs fs;

	if (fstatfs(fd, &fs))
		return false;
	for (size_t i = 0; i < sizeof(keepers) / sizeof(keepers[0]); i++)
		if ((uint32_t)fs.f_type == keepers[i])
			return true;
	return false;
}

/*
 * The second open follows a link of procfs to the very file that was looked at.
 * It cannot block: O_NONBLOCK is for leases.
 */
int open_regular(int dir, const char *path, bool in_root)
{
	struct open_how how = { .flags = O_PATH | O_CLOEXEC, .resolve = in_root ? RESOLVE_IN_ROOT : 0 };
	int found = (int)syscall(SYS_openat2, dir, path, &how, sizeof(how)), fd;
	char link[64];
	struct stat st;

	if (found < 0)
		return -errno;
	if (fstat(found, &st)) {
		fd = -errno;
	} else if (!S_ISREG(st.st_mode)) {
		fd = -EINVAL;
	} else if (!keeps_files(found)) {
		fd = -EMEDIUMTYPE;
	} else {
		snprintf(link, sizeof(link), "/proc/self/fd/%d", found);
		fd = open(link, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
		if (fd < 0)
			fd = -errno;
	}
	close(found);
	return fd;
}

/*
 * A file header that has no room for the number of sections or segments refers
 * to section 0, which may say anything, and libelf allocates memory for it.
 * Only object files have so many.
 */
static bool numbers_are_plain(const char *header)
{
	Elf64_Ehdr wide;
	Elf32_Ehdr narrow;

	if (header[EI_CLASS] == ELFCLASS64) {
		memcpy(&wide, header, sizeof(wide));
		return (wide.e_shnum || !wide.e_shoff) && wide.e_phnum != PN_XNUM;
	}
	memcpy(&narrow, header, sizeof(narrow));
	return (narrow.e_shnum || !narrow.e_shoff) && narrow.e_phnum != PN_XNUM;
}

static bool is_supported(const char *header, size_t size)
{
	return size >= sizeof(Elf64_Ehdr) && !memcmp(header, ELFMAG, SELFMAG) && numbers_are_plain(header);
}

static int begin(struct elf_file *file, Elf *elf)
{
	file->elf = elf;
	return elf && elf_kind(elf) == ELF_K_ELF ? 0 : -ENOEXEC;
}

int elf_file__open(struct elf_file *file, int fd)
{
	char header[sizeof(Elf64_Ehdr)];
	struct stat st;
	int err;

	*file = (struct elf_file){ .fd = fd };
	if (fstat(fd, &st)) {
		err = -errno;
	} else if (!S_ISREG(st.st_mode) || pread(fd, header, sizeof(header), 0) != (ssize_t)sizeof(header) ||
		   !is_supported(header, sizeof(header))) {
		err = -ENOEXEC;
	} else {
		file->dev = st.st_dev;
		file->inode = st.st_ino;
		elf_version(EV_CURRENT);
		err = begin(file, elf_begin(fd, ELF_C_READ, NULL));
	}
	if (err)
		elf_file__close(file);
	return err;
}

int elf_file__open_image(struct elf_file *file, char *image, size_t size)
{
	int err = -ENOEXEC;

	*file = (struct elf_file){ .fd = -1 };
	if (is_supported(image, size)) {
		elf_version(EV_CURRENT);
		err = begin(file, elf_memory(image, size));
	}
	if (err)
		elf_file__close(file);
	return err;
}

void elf_file__close(struct elf_file *file)
{
	elf_end(file->elf);
	if (file->fd >= 0)
		close(file->fd);
	*file = (struct elf_file){ .fd = -1 };
}

static bool find_note(Elf_Data *data, struct build_id *id)
{
	size_t at = 0, next, name, desc;
	GElf_Nhdr note;

	while (data && (next = gelf_getnote(data, at, &note, &name, &desc)) > at) {
		const char *bytes = data->d_buf;

		if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == sizeof("GNU") &&
		    !memcmp(bytes + name, "GNU", 4) && note.n_descsz && note.n_descsz <= BUILD_ID_MAX) {
			id->len = (uint8_t)note.n_descsz;
			memcpy(id->bytes, bytes + desc, note.n_descsz);
			return true;
		}
		at = next;
	}
	return false;
}

static bool note_in_segments(Elf *elf, struct build_id *id)
{
	size_t nr, notes = 0;
	GElf_Phdr segment;

	if (elf_getphdrnum(elf, &nr))
		return false;
	for (size_t i = 0; i < nr && i < MAX_SEGMENTS && gelf_getphdr(elf, (int)i, &segment); i++) {
		if (segment.p_type == PT_NOTE && segment.p_filesz <= MAX_NOTE_BYTES && notes++ < MAX_NOTES &&
		    find_note(elf_getdata_rawchunk(elf, (int64_t)segment.p_offset, segment.p_filesz,
						   segment.p_align == 8 ? ELF_T_NHDR8 : ELF_T_NHDR),
			      id))
			return true;
	}
	return false;
}

/* Separate debug files may have the segments' offsets of the file that they were taken from. */
static bool note_in_sections(Elf *elf, struct build_id *id)
{
	Elf_Scn *section = NULL;
	size_t notes = 0;
	GElf_Shdr header;

	while ((section = elf_nextscn(elf, section))) {
		if (gelf_getshdr(section, &header) && header.sh_type == SHT_NOTE && header.sh_size <= MAX_NOTE_BYTES &&
		    notes++ < MAX_NOTES && find_note(elf_getdata(section, NULL), id))
			return true;
	}
	return false;
}

bool elf_file__build_id(const struct elf_file *file, struct build_id *id)
{
	*id = (struct build_id){ 0 };
	return note_in_segments(file->elf, id) || note_in_sections(file->elf, id);
}

/* None either if an end is beyond 64 bits. */
static uint64_t overlap(uint64_t a, uint64_t a_len, uint64_t b, uint64_t b_len)
{
	uint64_t a_end = a + a_len, b_end = b + b_len;
	uint64_t from = a > b ? a : b, to = a_end < b_end ? a_end : b_end;

	return to > from ? to - from : 0;
}

size_t elf_file__segments(const struct elf_file *file, struct elf_segment *segments, size_t max)
{
	size_t nr, found = 0;
	GElf_Phdr segment;

	if (elf_getphdrnum(file->elf, &nr))
		return 0;
	for (size_t i = 0; i < nr && i < MAX_SEGMENTS && found < max && gelf_getphdr(file->elf, (int)i, &segment); i++)
		if (segment.p_type == PT_LOAD && segment.p_flags & PF_X)
			segments[found++] = (struct elf_segment){ .offset = segment.p_offset,
								  .size = segment.p_filesz,
								  .vaddr = segment.p_vaddr };
	return found;
}

/*
 * Mappings are whole pages, so one may contain the edges of other segments: the segment that covers most of it is
 * taken.
 */
bool elf_segments__vaddr(const struct elf_segment *segments, size_t nr, uint64_t offset, uint64_t len, uint64_t *vaddr)
{
	uint64_t most = 0;

	for (size_t i = 0; i < nr; i++) {
		uint64_t shared = overlap(offset, len, segments[i].offset, segments[i].size);

		if (shared <= most)
			continue;
		most = shared;
		*vaddr = offset - segments[i].offset + segments[i].vaddr;
	}
	return most > 0;
}

/* Its bytes up to the last NUL, so that each string in it ends; NULL if there are none. */
static const char *string_table(Elf *elf, size_t index, size_t *size)
{
	Elf_Scn *section = elf_getscn(elf, index);
	Elf_Data *data;
	GElf_Shdr header;
	const char *last;

	if (!section || !gelf_getshdr(section, &header) || header.sh_type != SHT_STRTAB ||
	    header.sh_size > MAX_TABLE_BYTES)
		return NULL;
	data = elf_getdata(section, NULL);
	last = data && data->d_buf ? memrchr(data->d_buf, '\0', data->d_size) : NULL;
	if (!last)
		return NULL;
	*size = (size_t)(last - (const char *)data->d_buf) + 1;
	return data->d_buf;
}

const char *elf_file__section(const struct elf_file *file, const char *name, size_t max_size, size_t *size)
{
	Elf_Scn *section = NULL;
	size_t index, names_size;
	const char *names;
	GElf_Shdr header;
	Elf_Data *data;

	if (elf_getshdrstrndx(file->elf, &index))
		return NULL;
	names = string_table(file->elf, index, &names_size);
	while (names && (section = elf_nextscn(file->elf, section))) {
		if (!gelf_getshdr(section, &header) || header.sh_name >= names_size ||
		    strcmp(names + header.sh_name, name))
			continue;
		data = header.sh_type != SHT_NOBITS && header.sh_size <= max_size ? elf_rawdata(section, NULL) : NULL;
		*size = data && data->d_buf ? data->d_size : 0;
		return *size ? data->d_buf : NULL;
	}
	return NULL;
}

bool elf_file__is_our_order(const struct elf_file *file)
{
	const char *ident = elf_getident(file->elf, NULL);
	int own = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? ELFDATA2LSB : ELFDATA2MSB;

	return ident && ident[EI_DATA] == own;
}

static bool is_function(const GElf_Sym *symbol)
{
	unsigned int type = GELF_ST_TYPE(symbol->st_info);

	return (type == STT_FUNC || type == STT_GNU_IFUNC) && symbol->st_shndx != SHN_UNDEF && symbol->st_value;
}

/* From the symbol to the end of its section; 0 if it is not in its section. */
static uint64_t bytes_behind(Elf *elf, const GElf_Sym *symbol)
{
	Elf_Scn *section = elf_getscn(elf, symbol->st_shndx);
	GElf_Shdr header;

	if (!section || !gelf_getshdr(section, &header) || symbol->st_value < header.sh_addr ||
	    symbol->st_value - header.sh_addr >= header.sh_size)
		return 0;
	return header.sh_size - (symbol->st_value - header.sh_addr);
}

/* Linkers add a version to some: "nanosleep@@GLIBC_2.17". */
static void copy_name(char *buf, const char *name)
{
	size_t len = strnlen(name, SYMBOL_NAME_MAX);
	const char *version = memchr(name, '@', len);

	if (version && version != name)
		len = (size_t)(version - name);
	memcpy(buf, name, len);
	buf[len] = '\0';
}

/* Functions written in assembly language may have no size. */
static int add_symbol(Elf *elf, const GElf_Sym *symbol, const char *full_name, struct symtab *tab)
{
	char name[SYMBOL_NAME_MAX + 1];

	copy_name(name, full_name);
	if (symbol->st_size)
		return symtab__add(tab, symbol->st_value, symbol->st_size, name, "");
	return symtab__add_unsized(tab, symbol->st_value, bytes_behind(elf, symbol), name, "");
}

static bool add_section(Elf *elf, Elf_Scn *section, const GElf_Shdr *header, struct symtab *tab)
{
	size_t names_size = 0;
	const char *names = string_table(elf, header->sh_link, &names_size);
	Elf_Data *data = names && header->sh_size <= MAX_TABLE_BYTES ? elf_getdata(section, NULL) : NULL;
	GElf_Sym symbol;
	bool any = false;

	for (int i = 0; data && gelf_getsym(data, i, &symbol); i++) {
		if (!is_function(&symbol) || symbol.st_name >= names_size || !names[symbol.st_name])
			continue;
		if (add_symbol(elf, &symbol, names + symbol.st_name, tab))
			break;
		any = true;
	}
	return any;
}

static bool add_sections(Elf *elf, uint32_t type, struct symtab *tab)
{
	Elf_Scn *section = NULL;
	GElf_Shdr header;

	while ((section = elf_nextscn(elf, section))) {
		/* a file has one table of a type */
		if (gelf_getshdr(section, &header) && header.sh_type == type)
			return add_section(elf, section, &header, tab);
	}
	return false;
}

enum elf_symbols elf_file__symbols(const struct elf_file *file, struct symtab *tab)
{
	if (add_sections(file->elf, SHT_SYMTAB, tab))
		return ELF_SYMBOLS_ALL;
	return add_sections(file->elf, SHT_DYNSYM, tab) ? ELF_SYMBOLS_DYNAMIC : ELF_SYMBOLS_NONE;
}

/* Where functions are looked for. */
struct visit {
	struct elf_segment segments[MAX_CODE_SEGMENTS];
	size_t nr;
	void (*visit)(void *ctx, const char *name, uint64_t offset);
	void *ctx;
};

static void visit_function(const struct visit *visit, const GElf_Sym *symbol, const char *full_name)
{
	char name[SYMBOL_NAME_MAX + 1];

	for (size_t i = 0; i < visit->nr; i++) {
		const struct elf_segment *segment = &visit->segments[i];

		if (symbol->st_value < segment->vaddr || symbol->st_value - segment->vaddr >= segment->size)
			continue;
		copy_name(name, full_name);
		visit->visit(visit->ctx, name, symbol->st_value - segment->vaddr + segment->offset);
		return;
	}
}

static bool visit_sections(Elf *elf, uint32_t type, const struct visit *visit)
{
	Elf_Scn *section = NULL;
	size_t names_size = 0;
	const char *names;
	GElf_Shdr header;
	GElf_Sym symbol;
	Elf_Data *data;

	do {
		section = elf_nextscn(elf, section);
	} while (section && (!gelf_getshdr(section, &header) || header.sh_type != type));
	names = section ? string_table(elf, header.sh_link, &names_size) : NULL;
	data = names && header.sh_size <= MAX_TABLE_BYTES ? elf_getdata(section, NULL) : NULL;
	for (int i = 0; data && gelf_getsym(data, i, &symbol); i++)
		if (is_function(&symbol) && GELF_ST_TYPE(symbol.st_info) == STT_FUNC && symbol.st_name < names_size)
			visit_function(visit, &symbol, names + symbol.st_name);
	return data;
}

enum elf_symbols elf_file__visit_functions(const struct elf_file *file,
					   void (*visit)(void *ctx, const char *name, uint64_t offset), void *ctx)
{
	struct visit all = { .visit = visit, .ctx = ctx };
	bool dynamic, whole;

	all.nr = elf_file__segments(file, all.segments, MAX_CODE_SEGMENTS);
	dynamic = visit_sections(file->elf, SHT_DYNSYM, &all);
	whole = visit_sections(file->elf, SHT_SYMTAB, &all);
	return whole ? ELF_SYMBOLS_ALL : dynamic ? ELF_SYMBOLS_DYNAMIC : ELF_SYMBOLS_NONE;
}
