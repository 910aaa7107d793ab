/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's types as far as we read them, written by hand: the build needs no
 * vmlinux.h, no BTF and no headers of the machine that it builds on. Only names
 * and kinds of fields matter here; their offsets are set at load time from the
 * running kernel's BTF.
 */
#ifndef LSM_GUARD_KERNEL_H
#define LSM_GUARD_KERNEL_H

#include <linux/types.h>

#ifndef __bool_true_false_are_defined
typedef _Bool bool;
#define true 1
#define false 0
#endif

#define EPERM  1
#define EEXIST 17
#define EISDIR 21

#define SIGKILL 9

#define S_IFMT	0170000
#define S_IFBLK 0060000
#define S_IFCHR 0020000

#define O_ACCMODE 03
#define O_RDONLY  00
#define O_WRONLY  01
#define O_CREAT	  0100
#define O_TRUNC	  01000
#define O_PATH	  010000000
#define O_TMPFILE 020000000 /* the bit of its own */

#define RESOLVE_BENEATH 0x08
#define RESOLVE_IN_ROOT 0x10

/* include/linux/fs.h: bits of f_mode, and of f_flags for an open on behalf of execve */
#define FMODE_READ     0x1u
#define FMODE_WRITE    0x2u
#define FMODE_PATH     0x4000u
#define FLAGS_FOR_EXEC 0x20u

#define RENAME_EXCHANGE 2

#define READ_IMPLIES_EXEC 0x0400000 /* of task_struct.personality */

#define PROT_READ  0x1
#define PROT_WRITE 0x2
#define PROT_EXEC  0x4

/* include/linux/sched.h: bits of task_struct.flags; PF_USER_WORKER since 6.4 */
#define PF_IO_WORKER   0x10
#define PF_USER_WORKER 0x4000
#define EXIT_DEAD      16
#define PF_KTHREAD     0x200000

#define CLONE_THREAD 0x10000

#define LOOPBACK_IFINDEX 1
#define PACKET_LOOPBACK	 5

/* include/net/tcp_states.h */
#define TCP_ESTABLISHED	 1
#define TCP_SYN_SENT	 2
#define TCP_TIME_WAIT	 6
#define TCP_LISTEN	 10
#define TCP_NEW_SYN_RECV 12

/* include/linux/mm.h */
#define PAGE_SHIFT   12
#define VM_WRITE     0x2UL
#define VM_SHARED    0x8UL
#define VM_GROWSDOWN 0x100UL
#define VM_HUGETLB   0x400000UL

/* include/uapi: flags of mmap, mremap and shmat */
#define MAP_TYPE	    0xf
#define MAP_SHARED	    0x1
#define MAP_SHARED_VALIDATE 0x3
#define MAP_FIXED	    0x10
#define MAP_ANONYMOUS	    0x20
#define MAP_GROWSDOWN	    0x100
#define MAP_HUGETLB	    0x40000
#define MAP_HUGE_SHIFT	    26
#define MAP_HUGE_MASK	    0x3f
#define MREMAP_MAYMOVE	    1
#define MREMAP_FIXED	    2
#define MREMAP_DONTUNMAP    4
#define SHM_REMAP	    040000
#define SHMAT		    21 /* of ipc(2) */

/* include/linux/socket.h */
#define AF_UNSPEC    0
#define AF_UNIX	     1
#define AF_INET	     2
#define AF_INET6     10
#define AF_NETLINK   16
#define AF_PACKET    17
#define AF_BLUETOOTH 31
#define AF_ALG	     38
#define AF_VSOCK     40
#define AF_XDP	     44

#define SOCK_STREAM    1
#define SOCK_DGRAM     2
#define SOCK_RAW       3
#define SOCK_SEQPACKET 5
#define SOCK_TYPE_MASK 0xf

#define IPPROTO_HOPOPTS	 0
#define IPPROTO_ICMP	 1
#define IPPROTO_IGMP	 2
#define IPPROTO_TCP	 6
#define IPPROTO_UDP	 17
#define IPPROTO_ROUTING	 43
#define IPPROTO_FRAGMENT 44
#define IPPROTO_AH	 51
#define IPPROTO_ICMPV6	 58
#define IPPROTO_DSTOPTS	 60
#define IPPROTO_SCTP	 132
#define IPPROTO_MPTCP	 262

#define MSG_FASTOPEN 0x20000000

#define SOL_IP		    0
#define IP_OPTIONS	    4
#define IP_RETOPTS	    7
#define SOL_IPV6	    41
#define IPV6_2292PKTOPTIONS 6
#define IPV6_2292RTHDR	    5
#define IPV6_RTHDR	    57
#define IPV6_FLOWLABEL_MGR  32

#define TCP_ZEROCOPY_RECEIVE 35

#define MAY_WRITE 0x2
#define MAY_READ  0x4

#define HUGETLBFS_MAGIC 0x958458f6UL

#define TS_COMPAT 0x2 /* arch/x86: a system call of the 32-bit table */

#define BTRFS_SUPER_MAGIC 0x9123683EUL

#define DCACHE_DISCONNECTED 0x20u  /* include/linux/dcache.h: has no parent yet */
#define MNT_SHARED	    0x1000 /* include/linux/mount.h: propagates to its peers */

/* include/uapi/linux/mount.h: calls of mount(2) that put nothing at a place */
#define MS_REMOUNT    0x20
#define MS_BIND	      0x1000
#define MS_MOVE	      0x2000
#define MS_UNBINDABLE (1 << 17)
#define MS_PRIVATE    (1 << 18)
#define MS_SLAVE      (1 << 19)
#define MS_SHARED     (1 << 20)

#define LSM_UNSAFE_SHARE  1 /* include/linux/security.h: bits of bprm->unsafe */
#define LSM_UNSAFE_PTRACE 2

#define PTRACE_MODE_ATTACH 0x2

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct super_block {
	__u32 s_dev;
	unsigned long s_blocksize;
	unsigned long s_magic;
};

struct qstr {
	__u32 len;
	const unsigned char *name;
};

struct hlist_node {
	struct hlist_node *next;
};

struct hlist_head {
	struct hlist_node *first;
};

struct inode {
	__u16 i_mode;
	struct super_block *i_sb;
	unsigned long i_ino;
	unsigned int i_nlink;
	__u32 i_rdev;
	long long i_size;
	struct hlist_head i_dentry;
	__u32 i_generation;
};

struct dentry {
	union {
		struct hlist_node d_alias;
	} d_u;
	unsigned int d_flags;
	struct dentry *d_parent;
	struct qstr d_name;
	struct inode *d_inode;
	struct super_block *d_sb;
};

struct vfsmount {
	struct dentry *mnt_root;
	int mnt_flags;
};

struct mount {
	struct mount *mnt_parent;
	struct dentry *mnt_mountpoint;
	struct vfsmount mnt;
	int mnt_id;
};

struct path {
	struct vfsmount *mnt;
	struct dentry *dentry;
};

struct file {
	struct path f_path;
	struct inode *f_inode;
	unsigned int f_flags;
	unsigned int f_mode;
};

struct vm_area_struct {
	unsigned long vm_start;
	unsigned long vm_end;
	unsigned long vm_flags;
	struct file *vm_file;
};

/* What of its layout memory.bpf.c knows: 16 or 10 slots, and where the number of the last is. */
struct maple_metadata {
	unsigned char end;
};

struct maple_range_64 {
	unsigned long pivot[15];
	void *slot[16];
	struct maple_metadata meta;
};

struct maple_arange_64 {
	unsigned long pivot[9];
	void *slot[10];
	struct maple_metadata meta;
};

struct maple_tree {
	void *ma_root;
};

struct fdtable {
	struct file **fd;
};

struct files_struct {
	struct fdtable *fdt;
};

struct kern_ipc_perm {
	int id;
};

struct shmid_kernel {
	struct kern_ipc_perm shm_perm;
	struct file *shm_file;
};

struct thread_info {
	unsigned int status;
};

struct pt_regs {
	unsigned long bx;
	unsigned long r10;
	unsigned long r8;
	unsigned long cx;
	unsigned long dx;
	unsigned long si;
	unsigned long di;
	unsigned long orig_ax;
};

typedef struct {
	__u32 val;
} kuid_t;

struct user_namespace {
	int level;
};

struct cred {
	kuid_t euid;
	struct user_namespace *user_ns;
};

struct ns_common {
	unsigned int inum;
};

struct mnt_namespace {
	struct ns_common ns;
};

struct net {
	struct ns_common ns;
	__u64 net_cookie;
};

struct nsproxy {
	struct mnt_namespace *mnt_ns;
};

typedef struct {
	int counter;
} atomic_t;

struct mm_struct {
	struct maple_tree mm_mt;
	atomic_t mm_users;	/* tasks that share it, and who looks at it just now */
	unsigned long total_vm; /* pages */
	unsigned long data_vm;	/* private, writable, no stack */
	unsigned long brk;
	struct file *exe_file;
};

struct fs_struct {
	struct path root;
};

struct seccomp {
	int mode;
};

struct task_struct {
	struct thread_info thread_info;
	unsigned int flags;
	unsigned int ptrace;
	unsigned int personality;
	struct task_struct *group_leader;
	unsigned int in_execve : 1;
	__u64 self_exec_id; /* counts the execve's of a task, and of those that it comes from */
	struct fs_struct *fs;
	struct seccomp seccomp;
	int pid;
	int tgid;
	struct task_struct *real_parent;
	struct mm_struct *mm;
	struct files_struct *files;
	const struct cred *cred;
	struct nsproxy *nsproxy;
	int exit_state;
	char comm[16];
};

struct linux_binprm {
	struct file *file;
	int unsafe;
	const char *filename; /* that execve was given ... */
	const char *interp;   /* ... and what it leads to; the same pointer at first */
};

struct io_uring_cmd {
	struct file *file;
};

struct seq_file;

struct bpf_iter_meta {
	struct seq_file *seq;
};

struct bpf_iter__task {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
};

struct bpf_map;

struct bpf_iter__bpf_map_elem {
	struct bpf_iter_meta *meta;
	struct bpf_map *map;
	void *key;
	void *value;
};

struct bpf_iter__bpf_sk_storage_map {
	struct bpf_iter_meta *meta;
	struct bpf_map *map;
	struct sock *sk;
	void *value;
};

struct bpf_iter__task_file {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
	__u32 fd;
	struct file *file;
};

struct in6_addr {
	__u32 words[4]; /* not its name in the kernel: read as a whole only */
};

typedef struct {
	long long counter;
} atomic64_t;

typedef struct {
	struct net *net;
} possible_net_t;

struct sock_common {
	__u32 skc_daddr;
	__u32 skc_rcv_saddr;
	__u16 skc_dport; /* network order */
	__u16 skc_num;	 /* host order */
	unsigned short skc_family;
	volatile unsigned char skc_state;
	unsigned char skc_ipv6only : 1;
	possible_net_t skc_net;
	struct in6_addr skc_v6_daddr;
	struct in6_addr skc_v6_rcv_saddr;
	atomic64_t skc_cookie;
};

struct sk_buff;

struct sk_buff_head {
	struct sk_buff *next;
	__u32 qlen;
};

struct bpf_local_storage;

struct sock {
	struct sock_common __sk_common;
	struct sk_buff_head sk_receive_queue;
	__u16 sk_type;
	__u16 sk_protocol;
	__u32 sk_max_ack_backlog; /* as given to listen(2) */
	struct bpf_local_storage *sk_bpf_storage;
};

struct ip_options {
	unsigned char srr; /* source route */
};

struct ip_options_rcu {
	struct ip_options opt;
};

struct ipv6_txoptions {
	void *srcrt; /* routing header */
};

struct ipv6_pinfo {
	struct ipv6_txoptions *opt;
};

struct flowi_ports {
	__u16 dport;
};

union flowi_uli {
	struct flowi_ports ports;
};

struct flowi4 {
	__u32 daddr;
	union flowi_uli uli;
};

struct flowi6 {
	struct in6_addr daddr;
	union flowi_uli uli;
};

struct flowi {
	union {
		struct flowi4 ip4;
		struct flowi6 ip6;
	} u;
};

struct inet_cork_full {
	struct flowi fl;
};

struct inet_sock {
	struct sock sk;
	struct ipv6_pinfo *pinet6;
	struct ip_options_rcu *inet_opt;
	struct inet_cork_full cork; /* where a datagram that is not complete yet goes */
};

struct inet_connection_sock {
	struct inet_sock icsk_inet;
};

struct tcp_sock {
	struct inet_connection_sock inet_conn;
};

struct udp_sock {
	struct inet_sock inet;
	struct sk_buff_head reader_queue;
	int pending; /* the family of that datagram, or 0 */
};

struct socket {
	struct sock *sk;
};

struct sockaddr {
	unsigned short sa_family;
};

struct msghdr {
	void *msg_name;
	int msg_namelen;
	void *msg_control;
	unsigned int msg_flags;
	unsigned long msg_controllen;
};

struct sk_buff {
	struct sk_buff *next;
	int skb_iif;
	__u8 pkt_type : 3;
	__u32 len;  /* from data on, wherever it is */
	__u32 tail; /* from head on, as the next two */
	__u16 protocol;
	__u16 transport_header;
	__u16 network_header;
	unsigned char *head;
	unsigned char *data;
};

/* fs/btrfs, from the module's BTF where it is loaded */
struct btrfs_key {
	__u64 objectid;
};

struct btrfs_root {
	struct btrfs_key root_key;
};

struct btrfs_inode {
	struct btrfs_root *root;
	struct inode vfs_inode;
};

#pragma clang attribute pop

#endif
