// SPDX-License-Identifier: Apache-2.0

// The floor on gRPC-Go: bytes made once, copied with a nonce behind, written to every stream; answers are
// counted and not read. Lines as in lines.ts.
package main

import (
	"bufio"
	"bytes"
	"fmt"
	"net"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"google.golang.org/grpc"
)

type rawCodec struct{}

func (rawCodec) Marshal(v interface{}) ([]byte, error)      { return *v.(*[]byte), nil }
func (rawCodec) Unmarshal(data []byte, v interface{}) error { *v.(*[]byte) = append([]byte(nil), data...); return nil }
func (rawCodec) Name() string                               { return "proto" }
func (rawCodec) String() string                             { return "proto" }

const typeURL = "type.googleapis.com/agentgateway.dev.resource.Resource"

var (
	head         = makeHead()
	mu           sync.Mutex
	streams      []chan []byte
	nonces       int64
	acknowledged int64
	answered     = make(chan struct{}, 1)
)

func field(number byte, value []byte) []byte {
	out := []byte{number<<3 | 2}
	n := len(value)
	for n >= 0x80 {
		out = append(out, byte(n)|0x80)
		n >>= 7
	}
	return append(append(out, byte(n)), value...)
}

func makeHead() []byte {
	any := append(field(1, []byte(typeURL)), field(2, make([]byte, 180))...)
	resource := append(field(1, bytes.Repeat([]byte("a"), 32)), field(2, any)...)
	resource = append(resource, field(3, []byte("policy/frontend/bench/fleet"))...)
	return append(field(2, resource), field(4, []byte(typeURL))...)
}

func response() []byte {
	nonce := fmt.Sprint(atomic.AddInt64(&nonces, 1))
	out := make([]byte, 0, len(head)+2+len(nonce))
	out = append(out, head...)
	return append(out, field(5, []byte(nonce))...)
}

func serve(_ interface{}, stream grpc.ServerStream) error {
	pushes := make(chan []byte, 4)
	mu.Lock()
	streams = append(streams, pushes)
	mu.Unlock()
	go func() {
		for message := range pushes {
			if stream.SendMsg(&message) != nil {
				return
			}
		}
	}()
	for requests := 1; ; requests++ {
		var message []byte
		if err := stream.RecvMsg(&message); err != nil {
			return err
		}
		if requests <= 2 {
			pushes <- response()
		} else if requests > 3 {
			atomic.AddInt64(&acknowledged, 1)
			select {
			case answered <- struct{}{}:
			default:
			}
		}
	}
}

func until(count int64) {
	for atomic.LoadInt64(&acknowledged) < count {
		<-answered
	}
}

func cpu() time.Duration {
	var usage syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &usage)
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

func residentBytes() int {
	runtime.GC()
	debug.FreeOSMemory()
	text, _ := os.ReadFile("/proc/self/statm")
	var size, resident int
	fmt.Sscan(string(text), &size, &resident)
	return resident * os.Getpagesize()
}

func main() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	server := grpc.NewServer(grpc.CustomCodec(rawCodec{}))
	server.RegisterService(&grpc.ServiceDesc{
		ServiceName: "envoy.service.discovery.v3.AggregatedDiscoveryService",
		HandlerType: (*interface{})(nil),
		Streams: []grpc.StreamDesc{{
			StreamName: "DeltaAggregatedResources", Handler: serve, ServerStreams: true, ClientStreams: true,
		}},
	}, struct{}{})
	go server.Serve(listener)
	fmt.Println(listener.Addr().(*net.TCPAddr).Port)
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		words := strings.Fields(lines.Text())
		var workers int64
		if len(words) > 1 {
			fmt.Sscan(words[1], &workers)
		}
		switch words[0] {
		case "connected":
			until(workers)
			fmt.Println("ok")
		case "push":
			atomic.StoreInt64(&acknowledged, 0)
			usedBefore, start := cpu(), time.Now()
			mu.Lock()
			for _, pushes := range streams {
				pushes <- response()
			}
			mu.Unlock()
			until(workers)
			fmt.Printf("{\"ms\":%f,\"cpuUs\":%d}\n", float64(time.Since(start).Microseconds())/1000, (cpu() - usedBefore).Microseconds())
		default:
			fmt.Println(residentBytes())
		}
	}
}
