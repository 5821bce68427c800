-- Adding the ledger up and closing a month lock the organization's row alone, and each writer of an entry shares it. So
-- no entry gets into a month behind its close, and none with a smaller number comes later. No payment fails by it.

-- Share the organization's row before an entry gets its number, which is before the row triggers.
CREATE FUNCTION billing_share_organization() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM accounts_organization WHERE id = nullif(current_setting('app.org', true), '')::bigint FOR KEY SHARE;
    RETURN NULL;
END $$;

CREATE TRIGGER share_organization BEFORE INSERT ON billing_entry
    FOR EACH STATEMENT EXECUTE FUNCTION billing_share_organization();

-- Count an entry of a closed month in the first month that is open, and keep the day it was held on.
CREATE FUNCTION billing_book_in_open_month() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    closed date;
BEGIN
    PERFORM 1 FROM accounts_organization WHERE id = NEW.org_id FOR KEY SHARE;
    SELECT max(month) INTO closed FROM billing_closedmonth WHERE org_id = NEW.org_id;
    IF NEW.counted_on < closed + interval '1 month' THEN
        NEW.held_on := NEW.counted_on;
        NEW.counted_on := closed + interval '1 month';
    END IF;
    RETURN NEW;
END
$$;

CREATE TRIGGER book_in_open_month BEFORE INSERT ON billing_entry
    FOR EACH ROW EXECUTE FUNCTION billing_book_in_open_month();
