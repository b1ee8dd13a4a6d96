// The kit's protocol for processes over a session library.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"sync"
	"time"
)

// Fields are what a session stores. The times are by the clock of this process.
type Fields struct {
	HasUser bool
	User    string
	Data    string
	Created int64
	Expires int64
}

// Sessions is a bridge. Load returns nil for a session that does not exist.
type Sessions interface {
	Create(fields Fields, ttl time.Duration) (string, error)
	Load(id string) (*Fields, error)
	Save(id string, change func(*Fields), ttl time.Duration) error
	Delete(id string) error
}

type refused struct{ code, message string }

func (r refused) Error() string { return r.message }

var notFound = refused{"NotFound", "The library has no such session."}

const maxTTL = 3_155_760_000_000

// A session id arrives in a cookie, so nothing else reaches a library.
var cookieValue = regexp.MustCompile(`^[!#-+\--:<-\[\]-~]+$`)

type params struct {
	Store     int
	Namespace string
	Endpoint  *struct {
		Host string
		Port int
	}
	SessionID string
	UserID    *string
	DataJSON  string
	TTLMs     json.Number
}

func checkData(text string) error {
	if json.Valid([]byte(text)) {
		return nil
	}
	return refused{"Invalid", "dataJson is not JSON text."}
}

func checkTTL(number json.Number) (int64, error) {
	ttl, err := number.Int64()
	if err != nil || ttl <= 0 || ttl > maxTTL {
		return 0, refused{"Invalid", "ttlMs is no whole number in the range."}
	}
	return ttl, nil
}

func nowMs() int64 { return time.Now().UnixMilli() }

func load(sessions Sessions, id string) (*Fields, error) {
	if !cookieValue.MatchString(id) {
		return nil, notFound
	}
	fields, err := sessions.Load(id)
	if err == nil && fields == nil {
		err = notFound
	}
	return fields, err
}

func create(sessions Sessions, p params) (any, error) {
	ttl, err := checkTTL(p.TTLMs)
	if err == nil {
		err = checkData(p.DataJSON)
	}
	if err != nil {
		return nil, err
	}
	now := nowMs()
	fields := Fields{Data: p.DataJSON, Created: now, Expires: now + ttl}
	if p.UserID != nil {
		fields.HasUser, fields.User = true, *p.UserID
	}
	return sessions.Create(fields, time.Duration(ttl)*time.Millisecond)
}

func read(sessions Sessions, p params) (any, error) {
	fields, err := load(sessions, p.SessionID)
	if err != nil {
		return nil, err
	}
	record := map[string]any{"dataJson": fields.Data, "createdAtMs": fields.Created, "expiresAtMs": fields.Expires}
	if fields.HasUser {
		record["userId"] = fields.User
	}
	return record, nil
}

func update(sessions Sessions, p params) (any, error) {
	if err := checkData(p.DataJSON); err != nil {
		return nil, err
	}
	fields, err := load(sessions, p.SessionID)
	if err != nil {
		return nil, err
	}
	left := fields.Expires - nowMs()
	if left < 1 {
		left = 1
	}
	set := func(fields *Fields) { fields.Data = p.DataJSON }
	return p.SessionID, sessions.Save(p.SessionID, set, time.Duration(left)*time.Millisecond)
}

func touch(sessions Sessions, p params) (any, error) {
	ttl, err := checkTTL(p.TTLMs)
	if err != nil {
		return nil, err
	}
	if !cookieValue.MatchString(p.SessionID) {
		return nil, notFound
	}
	set := func(fields *Fields) { fields.Expires = nowMs() + ttl }
	return p.SessionID, sessions.Save(p.SessionID, set, time.Duration(ttl)*time.Millisecond)
}

func call(sessions Sessions, method string, p params) (any, error) {
	switch method {
	case "create":
		return create(sessions, p)
	case "read":
		return read(sessions, p)
	case "update":
		return update(sessions, p)
	case "touch":
		return touch(sessions, p)
	case "delete":
		if !cookieValue.MatchString(p.SessionID) {
			return nil, nil
		}
		return nil, sessions.Delete(p.SessionID)
	default:
		_, err := sessions.Load("0123456789")
		return err == nil, nil
	}
}

// serve answers each request in a goroutine, as net/http does. open makes a bridge for a namespace and an address.
func serve(hello map[string]any, open func(namespace, address string) Sessions, inspect func(namespace string) []string) {
	stores := map[int]Sessions{}
	var lock sync.Mutex
	write := func(answer map[string]any) {
		line, _ := json.Marshal(answer)
		lock.Lock()
		defer lock.Unlock()
		fmt.Println(string(line))
	}
	lines := bufio.NewReader(os.Stdin)
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return
		}
		var request struct {
			ID     int
			Method string
			Params params
		}
		if err := json.Unmarshal(line, &request); err != nil {
			panic(err)
		}
		id, method, p := request.ID, request.Method, request.Params
		switch method {
		case "hello":
			write(map[string]any{"id": id, "result": hello})
		case "open":
			address := ""
			if p.Endpoint != nil {
				address = fmt.Sprintf("%s:%d", p.Endpoint.Host, p.Endpoint.Port)
			}
			stores[p.Store] = open(p.Namespace, address)
			write(map[string]any{"id": id, "result": nil})
		case "release":
			write(map[string]any{"id": id, "result": nil})
		case "inspect":
			write(map[string]any{"id": id, "result": map[string]any{"texts": inspect(p.Namespace)}})
		default:
			sessions := stores[p.Store]
			go func() {
				result, err := call(sessions, method, p)
				answer := map[string]any{"id": id, "result": result}
				if why, ok := err.(refused); ok {
					answer = map[string]any{"id": id, "error": map[string]any{"code": why.code, "message": why.message}}
				} else if err != nil {
					failure := map[string]any{"code": "Backend", "message": "The library failed.", "cause": err.Error()}
					answer = map[string]any{"id": id, "error": failure}
				}
				write(answer)
			}()
		}
	}
}
