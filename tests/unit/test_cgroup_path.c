/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Covers cgroup_path.h with the shapes that paths have on real machines: each runtime, driver and hierarchy. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "../../user/model/cgroup_path.h"

#define ID   "0f3c1d5a7b9e8f2c4d6a8b0c1e3f5a7d9b2c4e6f8a0b1c3d5e7f9a1b3c5d7e9f"
#define ID2  "aaaabbbbccccddddeeeeffff0000111122223333444455556666777788889999"
#define UID  "2c48913c-b29f-11e7-9350-020968147796"
#define UID_ "2c48913c_b29f_11e7_9350_020968147796"
#define HASH "9c1f5d0b2e3a4c6d8f7e6a5b4c3d2e1f"

static const struct shape {
	const char *path, *container, *runtime, *pod, *unit;
} shapes[] = {
	/* Docker: systemd's names, cgroupfs, in a container of its own (kind) */
	{ "/system.slice/docker-" ID ".scope", ID, "docker", "", "docker-" ID ".scope" },
	{ "/docker/" ID, ID, "docker", "", "" },
	{ "/docker/" ID "/system.slice/cron.service", ID, "docker", "", "cron.service" },
	{ "/docker/" ID "/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-burstable.slice/"
	  "kubelet-kubepods-burstable-pod" UID_ ".slice/cri-containerd-" ID2 ".scope",
	  ID2, "containerd", UID, "cri-containerd-" ID2 ".scope" },
	/* containerd of Kubernetes: systemd's names in each class of service, cgroupfs, and both mixed */
	{ "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" UID_ ".slice/cri-containerd-" ID ".scope",
	  ID, "containerd", UID, "cri-containerd-" ID ".scope" },
	{ "/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod" UID_ ".slice/cri-containerd-" ID ".scope",
	  ID, "containerd", UID, "cri-containerd-" ID ".scope" },
	{ "/kubepods.slice/kubepods-pod" UID_ ".slice/cri-containerd-" ID ".scope", ID, "containerd", UID,
	  "cri-containerd-" ID ".scope" },
	{ "/kubepods/burstable/pod" UID "/" ID, ID, "", UID, "" },
	{ "/kubepods/pod" UID "/" ID, ID, "", UID, "" },
	{ "/system.slice/containerd.service/kubepods-burstable-pod" UID_ ".slice:cri-containerd:" ID, ID, "containerd",
	  UID, "containerd.service" },
	/* a pod alone; a static pod, whose uid is a hash */
	{ "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" UID_ ".slice", "", "", UID,
	  "kubepods-burstable-pod" UID_ ".slice" },
	{ "/kubepods/besteffort/pod" UID, "", "", UID, "" },
	{ "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" HASH ".slice/crio-" ID ".scope", ID,
	  "cri-o", HASH, "crio-" ID ".scope" },
	{ "/kubepods.slice/kubepods-burstable.slice", "", "", "", "kubepods-burstable.slice" },
	/* containerd without Kubernetes */
	{ "/system.slice/nerdctl-" ID ".scope", ID, "containerd", "", "nerdctl-" ID ".scope" },
	{ "/default/" ID, ID, "", "", "" },
	/* CRI-O, its inner cgroup, its monitor */
	{ "/kubepods.slice/kubepods-pod" UID_ ".slice/crio-" ID ".scope/container", ID, "cri-o", UID,
	  "crio-" ID ".scope" },
	{ "/kubepods.slice/kubepods-pod" UID_ ".slice/crio-conmon-" ID ".scope", "", "", UID,
	  "crio-conmon-" ID ".scope" },
	/* Podman: root's, a user's, in a pod of its own, cgroupfs, its monitor */
	{ "/machine.slice/libpod-" ID ".scope/container", ID, "podman", "", "libpod-" ID ".scope" },
	{ "/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-" ID ".scope/container", ID, "podman", "",
	  "libpod-" ID ".scope" },
	{ "/machine.slice/machine-libpod_pod_" ID2 ".slice/libpod-" ID ".scope", ID, "podman", "",
	  "libpod-" ID ".scope" },
	{ "/machine.slice/machine-libpod_pod_" ID2 ".slice", "", "", "", "machine-libpod_pod_" ID2 ".slice" },
	{ "/libpod_parent/libpod-" ID, ID, "podman", "", "" },
	{ "/machine.slice/libpod-conmon-" ID ".scope", "", "", "", "libpod-conmon-" ID ".scope" },
	/* systemd */
	{ "/system.slice/nginx.service", "", "", "", "nginx.service" },
	{ "/system.slice/system-getty.slice/getty@tty1.service", "", "", "", "getty@tty1.service" },
	{ "/user.slice/user-1000.slice/session-3.scope", "", "", "", "session-3.scope" },
	{ "/user.slice/user-1000.slice/user@1000.service/app.slice/app-firefox-1234.scope", "", "", "",
	  "app-firefox-1234.scope" },
	{ "/user.slice/user-1000.slice", "", "", "", "user-1000.slice" },
	{ "/user.slice/user-1000.slice/user@1000.service/app.slice", "", "", "", "user@1000.service" },
	{ "/init.scope", "", "", "", "init.scope" },
	/* nothing, and what only looks like it */
	{ "/", "", "", "", "" },
	{ "", "", "", "", "" },
	{ "[id:123]", "", "", "", "" },
	{ "/lxc.payload.web", "", "", "", "" },
	{ "/a/" ID "0", "", "", "", "" },
	{ "/a/podium-1234", "", "", "", "" },
	{ "/kubepods/pod" UID "0/x", "", "", "", "" },
	{ "//a///b//", "", "", "", "" },
};

static void paths_say_who(void **state)
{
	struct cgroup_path path;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(shapes) / sizeof(*shapes); i++) {
		const struct shape *shape = &shapes[i];

		cgroup_path__read(&path, shape->path);
		if (strcmp(path.container, shape->container) || strcmp(path.runtime, shape->runtime) ||
		    strcmp(path.pod, shape->pod) || strcmp(path.unit, shape->unit))
			fail_msg("%s: container '%s' of '%s', pod '%s', unit '%s'", shape->path, path.container,
				 path.runtime, path.pod, path.unit);
	}
}

static void long_names_are_cut(void **state)
{
	char text[1024] = "/";
	struct cgroup_path path;

	(void)state;
	memset(text + 1, 'x', sizeof(text) - 10);
	strcpy(text + sizeof(text) - 9, ".service");
	cgroup_path__read(&path, text);
	assert_int_equal(strlen(path.unit), sizeof(path.unit) - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths_say_who),
		cmocka_unit_test(long_names_are_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
