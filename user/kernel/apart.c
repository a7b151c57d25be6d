// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "apart.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/queue.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../base/clock.h"
#include "../base/stop.h"
#include "apart_impl.h"
#include "proc.h"

/* 128 MiB of symbol tables are kept, and as much is read at a time. */
#define READER_MAX_BYTES (1024UL * 1024 * 1024)
/* The most queued questions; more are refused, because they would not be answered in time. */
#define MAX_QUESTIONS 4096
/* A reader that waits for a FUSE file system may not even be killed: so many of them may be left behind. */
#define MAX_STUCK     16
#define FORK_LIMIT_MS 1000
/* The only descriptor of these processes, besides standard input, output and error. */
#define KEPT_FD 3

struct question {
	STAILQ_ENTRY(question) next;
	struct message bytes; /* with their head */
	uint64_t limit_ns;
	apart_done done;
	void *ctx;
	struct apart_key key;
	bool soon;
};

struct apart {
	int forker_fd; /* to the process that forks readers */
	pid_t forker;
	int epoll_fd, fd;				/* fd: to the reader; -1: there is none */
	STAILQ_HEAD(question_list, question) questions; /* the first is the one that was sent */
	size_t nr;
	uint64_t due_ns; /* deadline of the first question's answer; 0: it was not sent */
	size_t sent;	 /* bytes of it */
	struct message answer;
	uint64_t answered;
	unsigned int killed;
	bool given_up;
};

/* In the child: keeps only one descriptor of memtrace's, and ignores a terminal's signals, which are for memtrace. */
static void settle(int fd, pid_t parent)
{
	sigset_t none;
	int null;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(0);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	prctl(PR_SET_NAME, "memtrace-reader");
	signal(SIGINT, SIG_IGN);
	signal(SIGQUIT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (fd != KEPT_FD)
		dup2(fd, KEPT_FD);
	/* a pipe's reader waits for the last one that has it open */
	null = open("/dev/null", O_RDWR);
	for (int i = 0; i < KEPT_FD; i++)
		dup2(null, i);
	syscall(SYS_close_range, KEPT_FD + 1U, ~0U, 0);
}

static void limit(void)
{
	const struct rlimit none = { 0, 0 };

	setrlimit(RLIMIT_CORE, &none);
	setrlimit(RLIMIT_FSIZE, &none);
#if !defined(__SANITIZE_ADDRESS__) && !defined(FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION)
	{
		const struct rlimit memory = { READER_MAX_BYTES, READER_MAX_BYTES };

		setrlimit(RLIMIT_AS, &memory);
	}
#endif
}

/* A descriptor that came with a byte; -1 at the end. */
static int receive_fd(int from)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control;
	char byte;
	struct iovec iov = { &byte, 1 };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof(control.bytes)
	};
	struct cmsghdr *cmsg;
	int fd;

	if (recvmsg(from, &msg, MSG_CMSG_CLOEXEC) != 1)
		return -1;
	cmsg = CMSG_FIRSTHDR(&msg);
	if (!cmsg || cmsg->cmsg_type != SCM_RIGHTS)
		return -1;
	memcpy(&fd, CMSG_DATA(cmsg), sizeof(fd));
	return fd;
}

static bool send_fd(int to, int fd)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	char byte = 0;
	struct iovec iov = { &byte, 1 };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof(control.bytes)
	};
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);

	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = SCM_RIGHTS;
	cmsg->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(cmsg), &fd, sizeof(fd));
	return sendmsg(to, &msg, MSG_NOSIGNAL | MSG_DONTWAIT) == 1;
}

static void become_reader(int fd, const char *dir, pid_t parent)
{
	settle(fd, parent);
	limit();
	apart_reader__serve(KEPT_FD, dir);
	_exit(0);
}

/*
 * The first process: for each byte it kills the current reader and forks another.  It replies whether it did: a
 * reader that waits in the kernel and cannot be killed stays.
 */
static void fork_readers(const char *dir)
{
	pid_t reader = 0, self = getpid();
	int fd, alive = 0;
	char done;

	while ((fd = receive_fd(KEPT_FD)) >= 0) {
		if (reader > 0)
			kill(reader, SIGKILL);
		while (alive && waitpid(-1, NULL, WNOHANG) > 0)
			alive--;
		reader = alive < MAX_STUCK ? fork() : -1;
		if (!reader)
			become_reader(fd, dir, self);
		alive += reader > 0;
		close(fd);
		done = reader > 0;
		if (send(KEPT_FD, &done, 1, MSG_NOSIGNAL) != 1)
			break;
	}
	if (reader > 0)
		kill(reader, SIGKILL);
	_exit(0);
}

static int start_forker(struct apart *apart, const char *dir)
{
	pid_t self = getpid();
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds))
		return -errno;
	apart->forker = fork();
	if (!apart->forker) {
		settle(fds[1], self);
		free(apart); /* the first process's */
		fork_readers(dir);
	}
	close(fds[1]);
	apart->forker_fd = fds[0];
	return apart->forker < 0 ? -EAGAIN : 0;
}

/* No reader until the next question; after too many stuck ones, none at all. */
static void drop_reader(struct apart *apart)
{
	if (apart->fd >= 0)
		close(apart->fd);
	apart->fd = -1;
	apart->due_ns = 0;
	apart->sent = apart->answer.size = 0;
}

static bool forked(struct apart *apart)
{
	struct pollfd pollfd = { .fd = apart->forker_fd, .events = POLLIN };
	char done = 0;

	return poll(&pollfd, 1, FORK_LIMIT_MS) == 1 && recv(apart->forker_fd, &done, 1, MSG_DONTWAIT) == 1 && done;
}

static void start_reader(struct apart *apart)
{
	struct epoll_event event = { .events = EPOLLIN };
	int fds[2];
	bool ok;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds)) {
		apart->given_up = true;
		return;
	}
	ok = send_fd(apart->forker_fd, fds[1]) && forked(apart) &&
	     !epoll_ctl(apart->epoll_fd, EPOLL_CTL_ADD, fds[0], &event);
	close(fds[1]);
	if (ok)
		apart->fd = fds[0];
	else
		close(fds[0]);
	apart->given_up = !ok;
}

struct apart *apart__new(const char *dir)
{
	struct apart *apart = calloc(1, sizeof(*apart));

	if (!apart)
		return NULL;
	STAILQ_INIT(&apart->questions);
	apart->fd = apart->forker_fd = -1;
	apart->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (apart->epoll_fd >= 0 && !start_forker(apart, dir))
		return apart;
	apart__free(apart);
	return NULL;
}

static void free_question(struct apart *apart)
{
	struct question *question = STAILQ_FIRST(&apart->questions);

	STAILQ_REMOVE_HEAD(&apart->questions, next);
	apart->nr--;
	free(question->bytes.bytes);
	free(question);
}

/* A reader that cannot be killed must not delay the end of the first process: it is not waited for. */
void apart__free(struct apart *apart)
{
	if (!apart)
		return;
	while (!STAILQ_EMPTY(&apart->questions))
		free_question(apart);
	drop_reader(apart);
	if (apart->forker_fd >= 0)
		close(apart->forker_fd);
	if (apart->forker > 0)
		waitpid(apart->forker, NULL, 0);
	if (apart->epoll_fd >= 0)
		close(apart->epoll_fd);
	free(apart->answer.bytes);
	free(apart);
}

/* The first question is done; its answer is NULL or what the reader sent. */
static void settle_first(struct apart *apart, struct message_cursor *answer)
{
	struct question *question = STAILQ_FIRST(&apart->questions);
	struct question copy = *question;

	apart->due_ns = 0;
	apart->sent = 0;
	question->bytes.bytes = NULL;
	free_question(apart);
	copy.done(copy.ctx, copy.key, answer);
	free(copy.bytes.bytes);
}

/* The first question to the reader, as much of it as it takes. */
static void send_first(struct apart *apart)
{
	struct question *question = STAILQ_FIRST(&apart->questions);
	ssize_t sent;

	if (apart->fd < 0 && !apart->given_up)
		start_reader(apart);
	if (apart->fd < 0)
		return;
	if (!apart->due_ns)
		apart->due_ns = clock__boot_ns() + question->limit_ns;
	while (apart->sent < question->bytes.size) {
		sent = send(apart->fd, question->bytes.bytes + apart->sent, question->bytes.size - apart->sent,
			    MSG_DONTWAIT | MSG_NOSIGNAL);
		if (sent <= 0)
			return; /* it is full, or it ended: reading from it will show that */
		apart->sent += (size_t)sent;
	}
}

/* Behind the others of its kind; the first one may be under way. */
static void insert(struct apart *apart, struct question *entry)
{
	struct question *before = STAILQ_FIRST(&apart->questions), *next;

	if (!before || !entry->soon) {
		STAILQ_INSERT_TAIL(&apart->questions, entry, next);
		return;
	}
	while ((next = STAILQ_NEXT(before, next)) && next->soon)
		before = next;
	STAILQ_INSERT_AFTER(&apart->questions, before, entry, next);
}

static void ask(struct apart *apart, struct message *question, const struct question *as)
{
	struct apart_head head = { .size = question->size };
	struct question *entry =
		apart->nr < MAX_QUESTIONS && !question->failed && !apart->given_up ? calloc(1, sizeof(*entry)) : NULL;

	if (entry) {
		*entry = *as;
		message__put_bytes(&entry->bytes, &head, sizeof(head));
		message__put_bytes(&entry->bytes, question->bytes, question->size);
	}
	free(question->bytes);
	if (!entry || entry->bytes.failed) {
		if (entry)
			free(entry->bytes.bytes);
		free(entry);
		as->done(as->ctx, as->key, NULL);
		return;
	}
	insert(apart, entry);
	if (!apart->nr++)
		send_first(apart);
}

void apart__ask(struct apart *apart, struct message *question, uint64_t limit_ns, apart_done done, void *ctx,
		struct apart_key key)
{
	ask(apart, question, &(struct question){ .limit_ns = limit_ns, .done = done, .ctx = ctx, .key = key });
}

void apart__ask_soon(struct apart *apart, struct message *question, uint64_t limit_ns, apart_done done, void *ctx,
		     struct apart_key key)
{
	ask(apart, question,
	    &(struct question){ .limit_ns = limit_ns, .done = done, .ctx = ctx, .key = key, .soon = true });
}

/* 1: there is an answer; 0: not yet; -1: the reader ended, or its answer is invalid. */
static int receive(struct apart *apart)
{
	struct message *answer = &apart->answer;
	struct apart_head head = { 0 };
	char bytes[16384];
	ssize_t got;

	for (;;) {
		if (answer->size >= sizeof(head)) {
			memcpy(&head, answer->bytes, sizeof(head));
			if (head.size > MESSAGE_MAX - sizeof(head))
				return -1;
			if (answer->size >= sizeof(head) + head.size)
				return answer->size == sizeof(head) + head.size ? 1 : -1;
		}
		got = recv(apart->fd, bytes, sizeof(bytes), MSG_DONTWAIT);
		if (got < 0 && (errno == EAGAIN || errno == EINTR))
			return 0;
		if (got > 0)
			message__put_bytes(answer, bytes, (size_t)got);
		if (got <= 0 || answer->failed) {
			answer->failed = false;
			return -1;
		}
	}
}

static void take_answer(struct apart *apart)
{
	struct message answer = apart->answer;
	struct message_cursor cursor = { answer.bytes + sizeof(struct apart_head), answer.bytes + answer.size, false };

	apart->answered++;
	apart->answer = (struct message){ 0 }; /* the callback may ask again */
	settle_first(apart, &cursor);
	free(answer.bytes);
}

void apart__attend(struct apart *apart)
{
	int got;

	while (!STAILQ_EMPTY(&apart->questions)) {
		send_first(apart);
		got = apart->fd < 0 ? -1 : receive(apart);
		if (got > 0) {
			take_answer(apart);
			continue;
		}
		if (!got && clock__boot_ns() < apart->due_ns)
			return;
		apart->killed += !got;
		drop_reader(apart);
		settle_first(apart, NULL);
	}
}

int apart__fd(const struct apart *apart)
{
	return apart->epoll_fd;
}

bool apart__is_idle(const struct apart *apart)
{
	return STAILQ_EMPTY(&apart->questions);
}

uint64_t apart__answered(const struct apart *apart)
{
	return apart->answered;
}

unsigned int apart__killed(const struct apart *apart)
{
	return apart->killed;
}

bool apart__wait(struct apart *apart, uint64_t until_ns, bool (*over)(void))
{
	struct pollfd fds[] = { { .fd = apart->epoll_fd, .events = POLLIN }, { .fd = stop__fd(), .events = POLLIN } };

	for (apart__attend(apart); !apart__is_idle(apart); apart__attend(apart)) {
		uint64_t now = clock__boot_ns(), until = until_ns < apart->due_ns ? until_ns : apart->due_ns;

		if (now >= until_ns || over() || poll(fds, 2, until > now ? (int)((until - now) / 1000000) + 1 : 0) < 0)
			return false;
		if (fds[1].revents)
			stop__look();
	}
	return true;
}
