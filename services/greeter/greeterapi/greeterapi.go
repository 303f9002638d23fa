// Package greeterapi is the contract that greeter publishes to its callers: the
// Dapr app id, the method, the JSON types and what makes a request valid.
package greeterapi

import (
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// How a caller reaches greeter through Dapr service invocation.
const (
	AppID  = "greeter"
	Method = "greet"
)

// MaxNameLength is the longest name, in characters (Unicode code points).
const MaxNameLength = 100

// Request asks for a greeting.
type Request struct {
	Name string `json:"name"`
}

// Response is a greeting.
type Response struct {
	Message string `json:"message"`
	// Service is the name of the service that made the greeting.
	Service string `json:"service"`
	// Timestamp is when the greeting was made, in UTC; RFC 3339 on the wire.
	Timestamp time.Time `json:"timestamp"`
}

// Rules that a name can break. Validate wraps one of them with the field's name.
var (
	ErrNameBlank   = errors.New("is required and must not be blank")
	ErrNameTooLong = fmt.Errorf("must not be longer than %d characters", MaxNameLength)
	ErrNameControl = errors.New("must not contain control characters")
	ErrNameUnicode = errors.New("must be valid UTF-8")
)

// Validate returns an error that names the field and the rule it breaks, fit to
// be shown to the caller, or nil.
func (r Request) Validate() error {
	if err := validateName(r.Name); err != nil {
		return fmt.Errorf(`"name" %w`, err)
	}
	return nil
}

func validateName(name string) error {
	switch {
	// A decoder may have put U+FFFD in the place of bytes that were not UTF-8.
	case !utf8.ValidString(name), strings.ContainsRune(name, utf8.RuneError):
		return ErrNameUnicode
	case strings.ContainsFunc(name, unicode.IsControl):
		return ErrNameControl
	case strings.TrimSpace(name) == "":
		return ErrNameBlank
	case utf8.RuneCountInString(name) > MaxNameLength:
		return ErrNameTooLong
	}
	return nil
}
