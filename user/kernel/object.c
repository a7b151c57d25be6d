// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "object.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "../base/clock.h"
#include "../base/log.h"
#include "../base/stop.h"
#include "attach_target.h"
#include "core_reads.h"
#include "kernel_btf.h"
#include "proc.h"
#include "prototype.h"

#define CFG_MAP_SUFFIX	".rodata.cfg"
#define RECORD_OF_EVENT "trace_event_raw_"
#define ENOTSUPP	524 /* the kernel's own, include/linux/errno.h: a kernel that cannot attach what it could load */
#define NO_FUNCTIONS	"this kernel refuses programs on functions, such as %s"
/*
 * Kernels before 6.4 need room for the whole log, or fail with ENOSPC instead of the real reason.  Mapped memory that
 * is not written to costs nothing; calloc() may clear memory that was used before.
 */
#define VERIFIER_LOG_LEN (4U << 20)

const char *attach_kind_name(enum attach_kind kind)
{
	static const char *const names[] = {
		[ATTACH_TP_BTF] = "tp_btf", [ATTACH_RAW_TP] = "raw_tp",	  [ATTACH_TP] = "tp",
		[ATTACH_FENTRY] = "fentry", [ATTACH_PERF] = "perf_event", [ATTACH_ITER] = "iter",
		[ATTACH_RUN] = "run",	    [ATTACH_UPROBE] = "uprobe",	  [ATTACH_IMPLIED] = "implied",
	};

	return names[kind];
}

static const struct attach_alt *hook__alt(const struct hook_state *h)
{
	return h->wanted && h->alt >= 0 ? &h->hook->alts[h->alt] : NULL;
}

/* Notes why an alternative failed.  The first reason stays: it is that of the best alternative. */
static void hook__blame(struct hook_state *h, int error, const char *fmt, const char *detail)
{
	if (h->error)
		return;
	h->error = error;
	snprintf(h->why, sizeof(h->why), fmt, detail);
}

/* What an alternative is checked against. */
struct judge {
	const struct btf *btf;
	const struct kernel_btf *types;
	const struct kernel_constant *constants;
	struct core_reads reads;
	uint32_t avoid; /* bit per enum attach_kind */
};

static bool refuse(struct hook_state *h, const char *fmt, const char *detail)
{
	hook__blame(h, -ENOENT, fmt, detail);
	return false;
}

/* Does the kernel have the tracepoint, and does the program read what it provides? */
static bool tracepoint_fits(const struct judge *judge, const struct attach_alt *alt, struct hook_state *h)
{
	char arguments[WHY_LEN - 16], what[WHY_LEN], own[128];

	if (prototype__read(judge->btf, alt->event, arguments, sizeof(arguments)) == -ENOENT)
		return refuse(h, "this kernel has no tracepoint %s", alt->event);
	if (alt->proto && !prototype__matches(judge->btf, alt->event, alt->proto)) {
		snprintf(what, sizeof(what), "%s(%s)", strchr(alt->event, ':') + 1, arguments);
		return refuse(h, "this kernel has other arguments: %s", what);
	}
	if (!alt->context)
		return true;
	/* a record of the event's own replaces one that it shared with others */
	snprintf(own, sizeof(own), RECORD_OF_EVENT "%s", strchr(alt->event, ':') + 1);
	if (btf__find_by_name_kind(judge->btf, alt->context, BTF_KIND_STRUCT) < 0 ||
	    (strcmp(own, alt->context) && btf__find_by_name_kind(judge->btf, own, BTF_KIND_STRUCT) >= 0))
		return refuse(h, "this kernel's %s has another record", alt->event);
	return true;
}

/*
 * Whether the kernel loads programs on a function at all: some refuse all of them, without saying which of an
 * object's programs it was.
 */
static bool kernel_hooks(const struct kernel_btf *types, const char *function)
{
	const struct bpf_insn program[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	DECLARE_LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = BPF_TRACE_FENTRY,
			    .attach_btf_id = kernel_btf__running_id(types, function, BTF_KIND_FUNC));
	int fd = bpf_prog_load(BPF_PROG_TYPE_TRACING, NULL, "GPL", program, sizeof(program) / sizeof(*program), &opts);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static bool function_fits(const struct judge *judge, const struct attach_alt *alt, struct hook_state *h)
{
	char arguments[WHY_LEN - 16], what[WHY_LEN];

	if (prototype__read_function(judge->btf, alt->event, arguments, sizeof(arguments)) == -ENOENT)
		return refuse(h, "this kernel has no function %s", alt->event);
	if (!prototype__matches_function(judge->btf, alt->event, alt->proto)) {
		snprintf(what, sizeof(what), "%s(%s)", alt->event, arguments);
		return refuse(h, "this kernel has other arguments: %s", what);
	}
	if (!kernel_hooks(judge->types, alt->event))
		return refuse(h, NO_FUNCTIONS, alt->event);
	return true;
}

static bool variable_fits(const struct judge *judge, const struct attach_alt *alt, struct hook_state *h)
{
	if (!alt->event || kernel_btf__running_id(judge->types, alt->event, BTF_KIND_VAR))
		return true;
	return refuse(h, "this kernel's types do not have the variable %s", alt->event);
}

static bool takes_tracepoint(const struct attach_alt *alt)
{
	return alt->kind == ATTACH_TP_BTF || alt->kind == ATTACH_RAW_TP || alt->kind == ATTACH_TP;
}

/* Does the kernel's enumerator have the value that the program assumes? */
static bool constant_fits(const struct btf *btf, const struct kernel_constant *c, struct hook_state *h)
{
	char what[WHY_LEN];
	int value;

	if (enumerator__read(btf, c->name, &value)) {
		if (c->may_lack)
			return true;
		return refuse(h, "this kernel has no %s", c->name);
	}
	if (value == c->value)
		return true;
	snprintf(what, sizeof(what), "%s is %d, not %d", c->name, value, c->value);
	return refuse(h, "this kernel's %s", what);
}

static bool alt__fits(const struct judge *judge, const struct attach_alt *alt, struct hook_state *h)
{
	const struct kernel_constant *c;
	char what[WHY_LEN];

	if (judge->avoid >> alt->kind & 1) {
		hook__blame(h, -EPERM, "--avoid %s", attach_kind_name(alt->kind));
		return false;
	}
	if (alt->kind == ATTACH_FENTRY && !function_fits(judge, alt, h))
		return false;
	if (takes_tracepoint(alt) && !tracepoint_fits(judge, alt, h))
		return false;
	if (alt->kind == ATTACH_RUN && !variable_fits(judge, alt, h))
		return false;
	for (c = judge->constants; c && c->name; c++)
		if ((!c->program || !strcmp(c->program, alt->program)) && !constant_fits(judge->btf, c, h))
			return false;
	if (!core_reads__fit(&judge->reads, alt->program, what, sizeof(what)))
		return refuse(h, "this kernel's %s", what);
	return true;
}

static bool is_implied(const struct judge *judge, const struct attach_alt *alt)
{
	struct hook_state unused = { 0 };
	char arguments[WHY_LEN];

	if (alt->without && prototype__read_function(judge->btf, alt->without, arguments, sizeof(arguments)) != -ENOENT)
		return false;
	if (strchr(alt->event, ':'))
		return prototype__matches(judge->btf, alt->event, alt->proto);
	return !(judge->avoid >> ATTACH_FENTRY & 1) && function_fits(judge, alt, &unused);
}

static size_t nr_alts(const struct attach_hook *hook)
{
	size_t nr = 0;

	while (hook->alts[nr].program)
		nr++;
	return nr;
}

/*
 * Moves on to the next alternative that can work according to BTF: in the order of the list, or in two passes over
 * it, first those of kind tp and then the others.
 */
static void hook__next_alt(struct hook_state *h, const struct judge *judge)
{
	size_t nr = nr_alts(h->hook), passes = h->tp_first ? 2 : 1;

	while (h->step < passes * nr) {
		size_t pass = h->step / nr, i = h->step++ % nr;
		const struct attach_alt *alt = &h->hook->alts[i];

		if (h->tp_first && (pass == 0) != (alt->kind == ATTACH_TP))
			continue;
		if (alt->kind == ATTACH_IMPLIED ? is_implied(judge, alt) : alt__fits(judge, alt, h)) {
			h->alt = i;
			return;
		}
	}
	h->alt = -1;
}

static bool hook__is_wanted(const struct attach_hook *hook, const struct object_request *req)
{
	if (hook->need == HOOK_LATENCY || hook->need == HOOK_LATENCY_GAIN)
		return req->latency;
	if (hook->need == HOOK_NOT_LIGHT)
		return !req->light;
	return true;
}

static bool hook__is_required(const struct hook_state *h)
{
	return h->wanted && (h->hook->need == HOOK_REQUIRED || h->hook->need == HOOK_NOT_LIGHT);
}

bool hook__is_attached(const struct hook_state *h)
{
	return hook__alt(h) != NULL;
}

const struct hook_state *object__hook(const struct object *object, const char *name)
{
	size_t i;

	for (i = 0; i < object->nr_hooks; i++)
		if (!strcmp(object->hooks[i].hook->name, name))
			return &object->hooks[i];
	return NULL;
}

/* A hook that h depends on and that is missing; NULL: there is none. */
static const struct hook_state *hook__misses(const struct object *object, const struct hook_state *h)
{
	const struct hook_dependency *dependency = hook__is_attached(h) ? object->dependencies : NULL;
	const struct hook_state *other;

	for (; dependency && dependency->hook; dependency++) {
		if (strcmp(dependency->hook, h->hook->name))
			continue;
		other = object__hook(object, dependency->needs);
		if (other && !hook__is_attached(other))
			return other;
	}
	return NULL;
}

/* A hook that another one's function implies, which could not be attached, has to do it itself. */
static bool lacks_implying(const struct object *object, const struct hook_state *h)
{
	const struct attach_alt *alt = hook__alt(h), *other;
	size_t i;

	if (!alt || alt->kind != ATTACH_IMPLIED || strchr(alt->event, ':'))
		return false;
	for (i = 0; i < object->nr_hooks; i++) {
		other = hook__alt(&object->hooks[i]);
		if (other && other->kind == ATTACH_FENTRY && !strcmp(other->event, alt->event))
			return false;
	}
	return true;
}

/* Whether there were any. */
static bool replace_implied(struct object *object, const struct judge *judge)
{
	bool any = false;
	size_t i;

	for (i = 0; i < object->nr_hooks; i++) {
		if (!lacks_implying(object, &object->hooks[i]))
			continue;
		hook__next_alt(&object->hooks[i], judge);
		any = true;
	}
	return any;
}

/* Leaves out hooks that lack a hook they depend on; then others may lack these. */
static void leave_out_lone(struct object *object)
{
	const struct hook_state *missing;
	bool again = true;
	size_t i;

	while (again) {
		again = false;
		for (i = 0; i < object->nr_hooks; i++) {
			missing = hook__misses(object, &object->hooks[i]);
			if (!missing)
				continue;
			hook__blame(&object->hooks[i], missing->error, "%s", missing->why);
			object->hooks[i].alt = -1;
			again = true;
		}
	}
}

static int set_cfg(struct bpf_object *bpf, const struct mt_cfg *cfg)
{
	struct bpf_map *map;

	bpf_object__for_each_map (map, bpf) {
		const char *name = bpf_map__name(map);
		size_t len = strlen(name), suffix = strlen(CFG_MAP_SUFFIX);

		if (len >= suffix && !strcmp(name + len - suffix, CFG_MAP_SUFFIX))
			return bpf_map__set_initial_value(map, cfg, sizeof(*cfg));
	}
	return -ENOENT;
}

/* Uses the maps that the core object has; a map that the core was not to create is not created here either. */
static int share_maps(struct bpf_object *bpf, const struct object *core)
{
	struct bpf_map *map, *shared;
	int err = 0;

	bpf_object__for_each_map (map, bpf) {
		shared = bpf_object__find_map_by_name(core->bpf, bpf_map__name(map));
		if (!shared || bpf_map__is_internal(map))
			continue;
		if (bpf_map__autocreate(shared))
			err = bpf_map__reuse_fd(map, bpf_map__fd(shared));
		else
			err = bpf_map__set_autocreate(map, false);
		if (err)
			return err;
	}
	return 0;
}

/* How a program is attached; NULL: it is not. */
static const struct attach_alt *alt_of(const struct object *object, const struct bpf_program *prog)
{
	const struct attach_alt *alt;
	size_t i;

	for (i = 0; i < object->nr_hooks; i++) {
		alt = hook__alt(&object->hooks[i]);
		if (alt && !strcmp(alt->program, bpf_program__name(prog)))
			return alt;
	}
	return NULL;
}

static int select_programs(struct object *object, const struct kernel_btf *types)
{
	const struct attach_alt *alt;
	struct bpf_program *prog;
	int err = 0;

	bpf_object__for_each_program (prog, object->bpf) {
		alt = alt_of(object, prog);
		bpf_program__set_autoload(prog, alt);
		if (!alt || err)
			continue;
		err = attach_target__set(prog, types);
		if (!err && alt->kind == ATTACH_RUN && alt->event)
			err = attach_target__give_variable(prog, types, alt->event);
	}
	return err;
}

/* The last line that the verifier wrote before its statistics: the reason. */
static void verifier_says(const char *log, char *buf, size_t size)
{
	const char *end = strstr(log, "\nprocessed "), *line;

	if (!end)
		end = log + strlen(log);
	while (end > log && end[-1] == '\n')
		end--;
	for (line = end; line > log && line[-1] != '\n';)
		line--;
	snprintf(buf, size, "the verifier refused it: %.*s", (int)(end - line), line);
}

/* Loads; on failure *culprit is the hook whose program was refused, if that is known. */
static int load(struct object *object, struct hook_state **culprit)
{
	size_t size = object->nr_hooks * VERIFIER_LOG_LEN, i;
	char *logs = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	struct bpf_program *prog;
	char says[WHY_LEN];
	int err;

	*culprit = NULL;
	if (logs == MAP_FAILED)
		return -errno;
	for (i = 0; i < object->nr_hooks; i++) {
		const struct attach_alt *alt = hook__alt(&object->hooks[i]);

		prog = alt ? bpf_object__find_program_by_name(object->bpf, alt->program) : NULL;
		if (prog)
			bpf_program__set_log_buf(prog, logs + i * VERIFIER_LOG_LEN, VERIFIER_LOG_LEN);
	}
	err = bpf_object__load(object->bpf);
	/* libbpf loads a refused program once more to get a log: the program with a log is the culprit */
	for (i = 0; err && i < object->nr_hooks && !*culprit; i++) {
		const char *log = logs + i * VERIFIER_LOG_LEN;

		if (!log[0])
			continue;
		*culprit = &object->hooks[i];
		verifier_says(log, says, sizeof(says));
		log_debug("%s: %s: %s", object->name, hook__alt(*culprit)->program, says);
		hook__blame(*culprit, err, "%s", says);
	}
	munmap(logs, size);
	return err;
}

static int fill_maps(const struct object *object, const struct map_content *content)
{
	const char *key, *value;
	size_t i;
	int err;

	for (; content && content->map; content++) {
		key = content->keys;
		value = content->values;
		for (i = 0; i < content->nr; i++, key += content->key_size, value += content->value_size) {
			err = bpf_map_update_elem(bpf_object__find_map_fd_by_name(object->bpf, content->map), key,
						  value, BPF_ANY);
			if (err)
				return err;
		}
	}
	return 0;
}

static int object__keep_link(struct object *object, struct bpf_link *link)
{
	struct bpf_link **links = realloc(object->links, (object->nr_links + 1) * sizeof(*links));

	if (!links) {
		bpf_link__destroy(link);
		return -ENOMEM;
	}
	object->links = links;
	object->links[object->nr_links++] = link;
	return 0;
}

static int attach_hook(struct object *object, const struct attach_alt *alt)
{
	struct bpf_program *prog = bpf_object__find_program_by_name(object->bpf, alt->program);
	struct bpf_link *link;

	if (alt->kind == ATTACH_IMPLIED)
		return 0;
	if (!prog)
		return -ENOENT;
	if (alt->kind == ATTACH_RUN || alt->kind == ATTACH_UPROBE)
		return 0;
	if (alt->kind == ATTACH_PERF)
		return cpu_events__attach(&object->cpu_events, prog, alt->event);
	link = bpf_program__attach(prog);
	return link ? object__keep_link(object, link) : -errno;
}

bool hook__is_gain(const struct hook_state *h)
{
	return h->hook->need == HOOK_GAIN || h->hook->need == HOOK_LATENCY_GAIN;
}

/* A hook that it needs may have been refused since it was chosen. */
static int attach_chosen(struct object *object, struct hook_state *h)
{
	const struct hook_state *missing = hook__misses(object, h);
	const struct attach_alt *alt = hook__alt(h);
	int err;

	if (missing) {
		hook__blame(h, missing->error, "%s", missing->why);
		return missing->error ? missing->error : -ENOENT;
	}
	err = alt ? attach_hook(object, alt) : 0;
	if (err == -ENOTSUPP && alt->kind == ATTACH_FENTRY)
		hook__blame(h, err, NO_FUNCTIONS, alt->event);
	else if (err)
		hook__blame(h, err, "attaching failed: %s", strerror(-err));
	return err;
}

static int attach_all(struct object *object, struct hook_state **culprit)
{
	size_t i;
	int err;

	*culprit = NULL;
	for (i = 0; i < object->nr_hooks; i++) {
		struct hook_state *h = &object->hooks[i];

		err = attach_chosen(object, h);
		if (!err)
			continue;
		/* programs that are usually refused are found here, which saves a second load of all the others */
		if (hook__is_gain(h)) {
			h->alt = -1;
			continue;
		}
		*culprit = h;
		return err;
	}
	return 0;
}

static void object__detach(struct object *object)
{
	cpu_events__detach(&object->cpu_events);
	while (object->nr_links)
		bpf_link__destroy(object->links[--object->nr_links]);
	free(object->links);
	object->links = NULL;
	bpf_object__close(object->bpf);
	object->bpf = NULL;
}

static int try_once(struct object *object, const struct object_request *req, struct hook_state **culprit)
{
	DECLARE_LIBBPF_OPTS(bpf_object_open_opts, opts, .object_name = req->name,
			    .btf_custom_path = req->types->path[0] ? req->types->path : NULL);
	int err;

	*culprit = NULL;
	object->bpf = bpf_object__open_mem(req->image, req->image_size, &opts);
	if (!object->bpf)
		return -errno;
	err = set_cfg(object->bpf, req->cfg);
	if (!err && req->share)
		err = share_maps(object->bpf, req->share);
	if (!err && req->prepare)
		err = req->prepare(object->bpf, req->prepare_ctx);
	if (!err)
		err = select_programs(object, req->types);
	if (err)
		return err;
	err = load(object, culprit);
	object->loaded_ns = clock__boot_ns();
	if (!err)
		err = fill_maps(object, req->contents);
	return err ? err : attach_all(object, culprit);
}

const struct hook_state *object__culprit(const struct object *object)
{
	size_t i;

	for (i = 0; i < object->nr_hooks; i++)
		if (hook__is_required(&object->hooks[i]) && object->hooks[i].alt < 0)
			return &object->hooks[i];
	return NULL;
}

static int object__init_hooks(struct object *object, const struct object_request *req, const struct judge *judge)
{
	const struct attach_hook *hook;

	for (hook = req->hooks; hook->name; hook++) {
		struct hook_state *h;

		if (hook->if_preempted && !prototype__preemptible(judge->btf))
			continue;
		if (object->nr_hooks == HOOKS_MAX)
			return -E2BIG;
		h = &object->hooks[object->nr_hooks++];
		h->hook = hook;
		h->alt = -1;
		h->wanted = hook__is_wanted(hook, req);
		h->tp_first = hook->tp_as_good && prototype__preemptible(judge->btf);
		if (h->wanted)
			hook__next_alt(h, judge);
	}
	return 0;
}

/*
 * If it is not known which program was refused, each hook moves on.  There are few alternatives, and the loop ends
 * when a required hook has none left.
 */
static void advance(struct object *object, struct hook_state *culprit, const struct judge *judge, int err)
{
	size_t i;

	if (culprit) {
		hook__next_alt(culprit, judge);
		return;
	}
	for (i = 0; i < object->nr_hooks; i++) {
		struct hook_state *h = &object->hooks[i];

		if (!hook__alt(h))
			continue;
		hook__blame(h, err, "loading failed: %s", strerror(-err));
		hook__next_alt(h, judge);
	}
}

static int open_judged(struct object *object, const struct object_request *req, const struct judge *judge)
{
	struct hook_state *culprit;
	int err;

	err = object__init_hooks(object, req, judge);
	leave_out_lone(object);
	replace_implied(object, judge);
	while (!err && !object__culprit(object)) {
		if (stop__asked())
			return -ECANCELED;
		err = try_once(object, req, &culprit);
		/* some kernels load a program on a function, and refuse only to attach it */
		if (!err && !replace_implied(object, judge))
			return 0;
		object__detach(object);
		if (!err)
			continue;
		/* no fault of a program */
		if (err == -ENOMEM || err == -EMFILE)
			return err;
		log_debug("%s: %s: %s", req->name, culprit ? culprit->hook->name : "load", strerror(-err));
		advance(object, culprit, judge, err);
		leave_out_lone(object);
		replace_implied(object, judge);
		err = 0;
	}
	return err ? err : object__culprit(object)->error;
}

static void add_hook_names(struct btf_names *names, const struct attach_hook *hook)
{
	const struct attach_alt *alt;

	for (alt = hook->alts; alt->program; alt++) {
		if (alt->event && alt->kind == ATTACH_RUN)
			btf_names__add(names, "", alt->event);
		else if (alt->event)
			prototype__add_names(names, alt->event);
		if (alt->event && takes_tracepoint(alt))
			btf_names__add(names, RECORD_OF_EVENT, strchr(alt->event, ':') + 1);
		if (alt->context)
			btf_names__add(names, "", alt->context);
		if (alt->without)
			prototype__add_names(names, alt->without);
	}
}

int object__add_names(struct btf_names *names, const struct object_request *req)
{
	const struct kernel_constant *constant;
	const struct attach_hook *hook;

	prototype__add_general_names(names);
	for (hook = req->hooks; hook->name; hook++)
		add_hook_names(names, hook);
	for (constant = req->constants; constant && constant->name; constant++)
		btf_names__add(names, "", constant->name);
	return core_reads__add_names(names, req->image, req->image_size);
}

/* It is a part of memtrace's own file, and comes back from there if it is read again. */
static void forget_image(const struct object_request *req)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	uintptr_t begin = ((uintptr_t)req->image + page - 1) & ~(page - 1);
	uintptr_t end = ((uintptr_t)req->image + req->image_size) & ~(page - 1);

	if (begin < end)
		madvise((void *)begin, end - begin, MADV_DONTNEED);
}

int object__open(struct object *object, const struct object_request *req)
{
	struct judge judge = {
		.btf = req->types->btf, .types = req->types, .constants = req->constants, .avoid = req->avoid
	};
	int err;

	memset(object, 0, sizeof(*object));
	object->name = req->name;
	object->dependencies = req->dependencies;
	object->image_size = req->image_size;
	err = core_reads__open(&judge.reads, req->image, req->image_size, judge.btf);
	if (!err)
		err = open_judged(object, req, &judge);
	core_reads__close(&judge.reads);
	forget_image(req);
	return err;
}

bool program__info(const struct bpf_program *prog, struct bpf_prog_info *info)
{
	__u32 len = sizeof(*info);
	int fd = bpf_program__fd(prog);

	memset(info, 0, sizeof(*info));
	return fd >= 0 && !bpf_obj_get_info_by_fd(fd, info, &len);
}

/*
 * The kernel records when it starts with a program, and an object's programs are loaded one after the other.  So a
 * program's time ends when the next one starts, the last one's when all were loaded.
 */
static uint64_t load_end_ns(const struct object *object, uint64_t begin_ns)
{
	uint64_t end_ns = object->loaded_ns;
	struct bpf_prog_info info;
	struct bpf_program *prog;

	bpf_object__for_each_program (prog, object->bpf)
		if (program__info(prog, &info) && info.load_time > begin_ns && info.load_time < end_ns)
			end_ns = info.load_time;
	return end_ns;
}

bool object__program_size(const struct object *object, size_t hook, struct program_size *size)
{
	const struct attach_alt *alt = hook__alt(&object->hooks[hook]);
	struct bpf_prog_info info;
	struct bpf_program *prog;

	prog = object->bpf && alt ? bpf_object__find_program_by_name(object->bpf, alt->program) : NULL;
	if (!prog || !program__info(prog, &info))
		return false;
	*size = (struct program_size){
		.program = alt->program,
		.instructions = info.xlated_prog_len / sizeof(struct bpf_insn),
		.verified = info.verified_insns,
		.load_ns = load_end_ns(object, info.load_time) - info.load_time,
	};
	return true;
}

void object__close(struct object *object)
{
	object__detach(object);
}

int object__iter_fd(const struct object *object)
{
	struct bpf_link_info info;
	__u32 len;
	size_t i;
	int fd;

	for (i = 0; i < object->nr_links; i++) {
		fd = bpf_link__fd(object->links[i]);
		len = sizeof(info);
		memset(&info, 0, sizeof(info));
		if (!bpf_obj_get_info_by_fd(fd, &info, &len) && info.type == BPF_LINK_TYPE_ITER)
			return fd;
	}
	return -ENOENT;
}
